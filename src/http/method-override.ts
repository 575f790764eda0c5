import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { pathOf } from './path-rules.js';

export const METHOD_OVERRIDE = 'x-http-method-override';
const METHODS: ReadonlySet<string> = new Set(['PUT', 'PATCH', 'DELETE']);

/**
 * Lets some dialects' clients say their method in `X-HTTP-Method-Override`, for proxies that know only GET and POST.
 * The method changes before the route is looked for, so guards, limits and the log all see the one that counts.
 */
@Injectable()
export class MethodOverrides {
  private readonly takers: ((path: string) => boolean)[] = [];

  /** The header counts on the paths this says yes to; everywhere else it means nothing. */
  allow(takes: (path: string) => boolean): void {
    this.takers.push(takes);
  }

  apply(request: Pick<IncomingMessage, 'headers' | 'method' | 'url'>): void {
    const header = request.headers[METHOD_OVERRIDE];
    const method = typeof header === 'string' ? header.trim().toUpperCase() : '';
    if (!METHODS.has(method)) return;
    const path = pathOf(request.url ?? '/');
    if (this.takers.some((takes) => takes(path))) request.method = method;
  }
}
