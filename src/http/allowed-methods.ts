import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, HTTPMethods } from 'fastify';
import findMyWay from 'find-my-way';
import { PATH_RULES } from './path-rules.js';

/** The order an `Allow` header names them in, as Django does. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const satisfies readonly HTTPMethods[];

/**
 * Tells a wrong method from an unknown path: Fastify answers 404 to both. A second router of the same kind is filled
 * with every route as it is registered, and asked only when a request has already missed.
 */
@Injectable()
export class AllowedMethods {
  private readonly router = findMyWay(PATH_RULES);

  constructor(host: HttpAdapterHost) {
    const fastify = host.httpAdapter.getInstance<FastifyInstance>();
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const each of METHODS) {
        if ([method].flat().includes(each) && !this.router.hasRoute(each, url)) this.router.on(each, url, () => {});
      }
    });
  }

  /** What the path answers, `OPTIONS` included; empty when there is nothing at that path. */
  of(path: string): string[] {
    const allowed = METHODS.filter((method) => this.router.find(method, path) !== null);
    return allowed.length === 0 ? [] : [...allowed, 'OPTIONS'];
  }
}
