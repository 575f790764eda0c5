import { Controller, Get, Logger } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import type { ReadinessCheck } from './readiness-checks.js';
import { ReadinessChecks } from './readiness-checks.js';

/** A check that takes longer has failed, whatever it would have said. */
const LIMIT_MS = 2_000;

/** For load balancers and supervisors: whether to restart this process, and whether to send it work. */
@ApiExcludeController()
@Controller('health')
export class HealthController {
  private readonly logger = new Logger('Health');

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly checks: ReadinessChecks,
  ) {}

  /** The process runs. Says nothing of the database: a restart of this process would not mend that. */
  @Get('live')
  live() {
    return { status: 'ok' };
  }

  @Get('ready')
  ready() {
    return this.health.check(
      [...this.checks.all()].map(
        ([name, check]) =>
          () =>
            this.run(name, check),
      ),
    );
  }

  private async run(name: string, check: ReadinessCheck) {
    const indicator = this.indicators.check(name);
    try {
      return indicator.up((await withinLimit(check())) ?? {});
    } catch (error) {
      const { message, cause } = error instanceof Error ? error : new Error(String(error));
      this.logger.warn(`not ready: ${name}: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`);
      return indicator.down({ message });
    }
  }
}

async function withinLimit<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${LIMIT_MS / 1000} s`)), LIMIT_MS);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
