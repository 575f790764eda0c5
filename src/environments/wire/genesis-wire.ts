import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AuthService } from '../../auth/auth.service.js';
import {
  basicCredential,
  headerCredential,
  keyCredential,
  sessionCredential,
  type Credential,
} from '../../auth/credential.js';
import { originOf } from '../../auth/passport/auth.guard.js';
import { Unauthenticated } from '../../common/errors.js';
import { Config } from '../../config/config.js';
import { DialectErrors } from '../../http/dialect-errors.js';
import { pathOf } from '../../http/path-rules.js';
import { UrlRewrites } from '../../http/url-rewrites.js';
import { GENESIS_ERRORS } from './genesis-errors.js';
import { isRestPath, normaliseGenesisUrl } from './genesis-path.js';

/** Puts the rules on the server that hold before any route of this dialect is found (spec environments section 1). */
@Injectable()
export class GenesisWire {
  constructor(
    host: HttpAdapterHost,
    config: Config,
    errors: DialectErrors,
    rewrites: UrlRewrites,
    private readonly auth: AuthService,
  ) {
    errors.register(GENESIS_ERRORS);
    rewrites.add(normaliseGenesisUrl);
    if (!config.isApi) return;
    const fastify = host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onRequest', async (request) => {
      if (isRestPath(pathOf(request.raw.url ?? '/'))) await this.begin(request);
    });
  }

  private async begin(request: FastifyRequest): Promise<void> {
    // Bodies are read as JSON whatever they are called: curl calls them forms, and the original read them all.
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
    (basic && { scheme: 'basic', ...basic }) ??
    keyCredential('bearer', headers) ??
    keyCredential('token', headers) ??
    headerCredential(headers) ??
    sessionCredential(headers)
  );
}
