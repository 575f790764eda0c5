import { Injectable } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { Unauthenticated } from '../../common/errors.js';
import { Metrics } from '../../operations/metrics.js';
import type { HookAnswer } from './hook-calls.service.js';

/** Shows to `/metrics` what comes of the calls of incoming hooks. */
@Injectable()
export class HookMetrics {
  private readonly calls: Counter<'outcome'>;

  constructor(metrics: Metrics) {
    this.calls = metrics.counter({
      name: 'slipway_hook_calls_total',
      help: 'Calls of incoming hooks to this process: started, repeated, ignored, refused, with a wrong signature',
      labelNames: ['outcome'],
    });
  }

  async counting(call: Promise<HookAnswer>): Promise<HookAnswer> {
    try {
      const answer = await call;
      this.calls.inc({ outcome: answer.repeated ? 'repeated' : answer.outcome });
      return answer;
    } catch (error) {
      this.calls.inc({ outcome: error instanceof Unauthenticated ? 'wrong_signature' : 'refused' });
      throw error;
    }
  }
}
