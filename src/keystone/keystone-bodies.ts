import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import { Config } from '../config/config.js';
import { pathOf } from '../http/path-rules.js';

/**
 * JSON that is called a form is read as JSON: that is what `curl -d` calls it, and the Keystone inside Nailgun, which
 * scripts of that time were written against, never looked (nailgun/fake_keystone/handlers.py).
 */
@Injectable()
export class KeystoneBodies {
  constructor(host: HttpAdapterHost, config: Config) {
    if (!config.isApi) return;
    host.httpAdapter.getInstance<FastifyInstance>().addHook('onRequest', (request, _reply, done) => {
      const { headers, url = '/' } = request.raw;
      const isForm = headers['content-type']?.toLowerCase().startsWith('application/x-www-form-urlencoded') ?? false;
      if (isForm && /^\/keystone(\/|$)/.test(pathOf(url))) headers['content-type'] = 'application/json';
      done();
    });
  }
}
