import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../../config/config.js';
import { AllowedMethods } from '../../http/allowed-methods.js';
import { DialectErrors } from '../../http/dialect-errors.js';
import { methodNotAllowed } from '../../http/framework-error.js';
import { pathOf } from '../../http/path-rules.js';
import { allowHeader } from './allow-header.js';
import { DRYDOCK_ERRORS } from './drydock-errors.js';
import { isDrydockPath } from './drydock-paths.js';
import { clientContextOf, requestNumberOf } from './drydock-request.js';

/** Puts the rules on the server that hold before any route of Drydock's is found (spec drydock section 1). */
@Injectable()
export class DrydockWire {
  constructor(
    host: HttpAdapterHost,
    config: Config,
    errors: DialectErrors,
    private readonly methods: AllowedMethods,
  ) {
    errors.register(DRYDOCK_ERRORS);
    if (!config.isApi) return;
    const fastify = host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onRequest', async (request, reply) => {
      if (isDrydockPath(pathOf(request.raw.url ?? '/'))) return this.begin(request, reply);
    });
  }

  private async begin(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | void> {
    const drydockReq = requestNumberOf(request.raw);
    reply.raw.setHeader('X-Drydock-Req', drydockReq);
    request.log = request.log.child({ drydockReq, ...clientContextOf(request.raw) });
    preferService(request);
    const allowed = this.methods.of(pathOf(request.url));
    if (allowed.length === 0) return;
    if (request.method === 'HEAD') throw methodNotAllowed('HEAD', allowed);
    if (request.method === 'OPTIONS') return reply.code(200).header('Allow', allowHeader(allowed)).send();
  }
}

/** A service that calls for a user shows both tokens, and it is the service whose roles count. */
function preferService({ raw: { headers } }: FastifyRequest): void {
  const service = headers['x-service-token'];
  if (typeof service === 'string' && service.trim() !== '') headers['x-auth-token'] = service;
}
