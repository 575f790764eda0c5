import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyInstance, LogController } from 'fastify';
import type { Config } from '../config/config.js';
import { serveApiDocs } from './api-docs.js';
import { PATH_RULES } from './path-rules.js';
import { createLog, PinoLogger } from './pino-logger.js';
import { installBodyParsers } from './request-body.js';
import { echoRequestId, requestIdOf } from './request-id.js';
import { logRequests } from './request-log.js';
import { setSecurityHeaders } from './security-headers.js';
import { hideDialects } from './worker-paths.js';

/** A trigger of 100,000 devices by uuid is 4 MB; files come as streams and have limits of their own. */
const BODY_LIMIT = 8 * 1024 * 1024;
/** A status request may name a thousand jobs in its query; Node's own limit of 16 KB for all headers is too low. */
const HEADER_LIMIT = 64 * 1024;

/** Makes the application, initialised and not yet listening: the one way, for the server and for tests. */
export async function createApp(config: Config, root: DynamicModule): Promise<NestFastifyApplication> {
  const log = createLog(config.values.logLevel);
  const app = await NestFactory.create<NestFastifyApplication>(root, adapterFor(config, log), {
    logger: new PinoLogger(log),
    bodyParser: false,
    abortOnError: false,
  });
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  echoRequestId(fastify);
  setSecurityHeaders(fastify);
  logRequests(fastify);
  installBodyParsers(fastify);
  if (config.isApi) serveApiDocs(app);
  else hideDialects(fastify);
  await app.init();
  return app;
}

function adapterFor({ values }: Config, log: ReturnType<typeof createLog>): FastifyAdapter {
  return new FastifyAdapter({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIdOf,
    requestIdHeader: false,
    routerOptions: PATH_RULES,
    bodyLimit: BODY_LIMIT,
    trustProxy: values.trustedProxies.length > 0 ? values.trustedProxies : false,
    http: { maxHeaderSize: HEADER_LIMIT },
    multipart: { limits: { fileSize: values.uploadLimitMb * 1024 * 1024 } },
  });
}
