import type { IncomingMessage } from 'node:http';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, LogController } from 'fastify';
import type { Config } from '../config/config.js';
import { serveApiDocs } from './api-docs.js';
import { answerClientError } from './client-errors.js';
import { honourRouteBodyLimits } from './route-body-limit.js';
import { setCommonHeaders } from './common-headers.js';
import { DialectErrors } from './dialect-errors.js';
import { drainConnections } from './drain-connections.js';
import { badUrl } from './framework-error.js';
import { METHOD_OVERRIDE, MethodOverrides } from './method-override.js';
import { originForm, PATH_RULES } from './path-rules.js';
import { createLog, PinoLogger } from './pino-logger.js';
import { installBodyParsers } from './request-body.js';
import { requestIdOf } from './request-id.js';
import { logRequests } from './request-log.js';
import { UrlRewrites } from './url-rewrites.js';
import { hideDialects } from './worker-paths.js';

/** A trigger of 100,000 devices by uuid is 4 MB; files come as streams and have limits of their own. */
const BODY_LIMIT = 8 * 1024 * 1024;
/** A status request may name a thousand jobs in its query; Node's own limit of 16 KB for all headers is too low. */
const HEADER_LIMIT = 64 * 1024;

/** Makes the application, initialised and not yet listening: the one way, for the server and for tests. */
export async function createApp(config: Config, root: DynamicModule): Promise<NestFastifyApplication> {
  const log = createLog(config.values.logLevel);
  const refuse = refuseBadUrls(() => app.get(DialectErrors));
  const adapter = adapterFor(config, log, {
    refuse,
    overrides: () => app.get(MethodOverrides),
    rewrites: () => app.get(UrlRewrites),
  });
  const app: NestFastifyApplication = await NestFactory.create(root, adapter, {
    logger: new PinoLogger(log),
    bodyParser: false,
    abortOnError: false,
  });
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, reply, done) => {
    setCommonHeaders(request, reply);
    done();
  });
  logRequests(fastify);
  drainConnections(fastify);
  installBodyParsers(fastify);
  honourRouteBodyLimits(fastify);
  if (config.isApi) serveApiDocs(app);
  else hideDialects(fastify);
  await app.init();
  return app;
}

type Refuse = (error: Error, request: FastifyRequest, reply: FastifyReply) => void;

/** The router turns these away before any hook or filter; they get the same shape and headers as all others. */
function refuseBadUrls(dialects: () => DialectErrors): Refuse {
  return (_error, request, reply) => {
    const { status, headers, body } = dialects().render(badUrl(), request);
    setCommonHeaders(request, reply);
    void reply
      .code(status)
      .headers({ ...headers })
      .send(body);
  };
}

/** Both are asked for with a request, when there is an application. */
interface Plumbing {
  readonly refuse: Refuse;
  readonly overrides: () => MethodOverrides;
  readonly rewrites: () => UrlRewrites;
}

function adapterFor({ values }: Config, log: ReturnType<typeof createLog>, plumbing: Plumbing): FastifyAdapter {
  return new FastifyAdapter({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestIdOf,
    requestIdHeader: false,
    frameworkErrors: plumbing.refuse,
    rewriteUrl: (request: IncomingMessage) => {
      request.url = originForm(request.url ?? '/');
      if (METHOD_OVERRIDE in request.headers) plumbing.overrides().apply(request);
      return plumbing.rewrites().apply(request.url);
    },
    clientErrorHandler: answerClientError,
    routerOptions: PATH_RULES,
    bodyLimit: BODY_LIMIT,
    trustProxy: values.trustedProxies.length > 0 ? values.trustedProxies : false,
    http: { maxHeaderSize: HEADER_LIMIT },
    multipart: { limits: { fileSize: values.uploadLimitMb * 1024 * 1024 } },
  });
}
