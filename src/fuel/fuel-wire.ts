import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { AuthService } from '../auth/auth.service.js';
import {
  basicCredential,
  cookieCredential,
  headerCredential,
  keyCredential,
  type Credential,
} from '../auth/credential.js';
import { originOf } from '../auth/passport/auth.guard.js';
import { Unauthenticated } from '../common/errors.js';
import { Config } from '../config/config.js';
import { DialectErrors } from '../http/dialect-errors.js';
import { MethodOverrides } from '../http/method-override.js';
import { pathOf } from '../http/path-rules.js';
import { FUEL_ERRORS } from './fuel-errors.js';
import { isFuelPath } from './fuel-paths.js';

/** Word for word what Nailgun sends (spec fuel section 1). */
const NO_CACHE = {
  'Cache-Control': 'store, no-cache, must-revalidate, post-check=0, pre-check=0',
  Pragma: 'no-cache',
  Expires: 'Thu, 01 Jan 1970 00:00:00 GMT',
} as const;

/** Puts the rules on the server that hold before any route of Fuel's is found. */
@Injectable()
export class FuelWire {
  constructor(
    host: HttpAdapterHost,
    config: Config,
    errors: DialectErrors,
    overrides: MethodOverrides,
    private readonly auth: AuthService,
  ) {
    errors.register(FUEL_ERRORS);
    overrides.allow(isFuelPath);
    if (!config.isApi) return;
    const fastify = host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onRequest', async (request, reply) => {
      if (isFuelPath(pathOf(request.raw.url ?? '/'))) await this.begin(request, reply);
    });
  }

  private async begin(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    for (const [name, value] of Object.entries(NO_CACHE)) reply.raw.setHeader(name, value);
    // Bodies are read as JSON whatever they are called: curl calls them forms, and Nailgun never looked.
    request.raw.headers['content-type'] = 'application/json';
    // Who may not come in is not told what there is: elsewhere the guard sees to it, here no route will.
    if (request.is404) await this.assertKnown(request);
  }

  private async assertKnown(request: FastifyRequest): Promise<void> {
    const credential = credentialOf(request);
    if (credential === null) throw new Unauthenticated('No credentials were given.', { code: 'not_provided' });
    await this.auth.authenticate(credential, originOf(request));
  }
}

/** In the guard's order. */
function credentialOf({ headers }: FastifyRequest): Credential | null {
  const basic = basicCredential(headers);
  return (
    headerCredential(headers) ??
    keyCredential('token', headers) ??
    keyCredential('bearer', headers) ??
    (basic && { scheme: 'basic', ...basic }) ??
    cookieCredential(headers)
  );
}
