import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../../config/config.js';
import { NodepoolWork } from '../nodepool-work.js';

/**
 * Keeps a request waiting for its work, as the original's `build` did (spec nodepool section 1.7): scripts rely on it. The work
 * goes on whatever becomes of the request.
 */
@Injectable()
export class HeldRequests implements OnModuleDestroy {
  private readonly logger = new Logger('Nodepool');
  private readonly closing = new AbortController();

  constructor(
    private readonly config: Config,
    private readonly work: NodepoolWork,
  ) {}

  /** A closing process answers what it holds; otherwise it would last as long as the longest of them. */
  onModuleDestroy(): void {
    this.closing.abort();
  }

  /** Until the batch has ended, NODEPOOL_BUILD_WAIT has passed, or the client is gone. Not with `Prefer: respond-async`. */
  async hold(batchId: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (prefersAsync(request)) {
      void reply.header('Preference-Applied', 'respond-async');
      return;
    }
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    try {
      const signal = AbortSignal.any([gone.signal, this.closing.signal]);
      await this.work.waitFor(batchId, this.config.values.nodepoolBuildWait * 1000, signal);
    } catch (error) {
      // It was recorded and will be done; that we could not watch it is no failure of the request.
      this.logger.warn(`the end of batch ${batchId} could not be waited for: ${String(error)}`);
    }
  }
}

function prefersAsync({ headers }: FastifyRequest): boolean {
  const preferences = [headers['prefer'] ?? []].flat().join(',').split(',');
  return preferences.some((preference) => preference.split(';')[0]?.trim().toLowerCase() === 'respond-async');
}
