import { Body, Get, Headers, HttpCode, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CurrentPrincipal, RequireRole } from '../../../auth/passport/access.decorators.js';
import { ownerKeyOf, type Principal } from '../../../auth/principal.js';
import { Config } from '../../../config/config.js';
import { idempotencyKey } from '../../../http/idempotency/idempotency.js';
import { UpgradeController as Dialect } from '../../drf/upgrade-controller.decorator.js';
import { TriggerService } from '../trigger.service.js';
import { UpgradeJobsService } from '../upgrade-jobs.service.js';
import { parseCancel, parseStatusQuery } from './job-ids.js';
import { statusWord, toJobView, type JobStatusWord, type JobView } from './job.view.js';
import { parseTrigger } from './trigger.dto.js';
import { toTriggerView, type TriggerView } from './trigger.view.js';

interface StatusView {
  readonly count: number;
  readonly jobs: readonly JobView[];
  readonly not_found?: readonly number[];
}

interface CancelView {
  readonly status: 'success';
  readonly cancelled: number;
  readonly job_ids: readonly unknown[];
  readonly cancelled_job_ids: readonly number[];
  readonly not_cancelled: readonly {
    readonly job_id: unknown;
    readonly status: JobStatusWord | null;
    readonly reason: string;
  }[];
}

/** The documented calls of the Upgrade API: `contracts/upgrade.md`, spec upgrade section 1. */
@Dialect('upgrade')
export class UpgradeController {
  constructor(
    private readonly triggers: TriggerService,
    private readonly jobs: UpgradeJobsService,
    private readonly config: Config,
  ) {}

  @Post('trigger')
  @RequireRole('operator', 'upgrade device firmware')
  async trigger(
    @CurrentPrincipal() principal: Principal,
    @Body() body: unknown,
    @Query() query: { dry_run?: string },
    @Headers('idempotency-key') header: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TriggerView> {
    const parsed = parseTrigger(body, query, this.config.values.scheduleGrace);
    if ('refusal' in parsed) {
      await this.triggers.requireKnown(parsed.names);
      throw parsed.refusal;
    }
    const { wish } = parsed;
    if (wish.dryRun) {
      reply.status(200);
      return toTriggerView(await this.triggers.preview(wish), wish);
    }
    const key = idempotencyKey(header);
    const owner = ownerKeyOf(principal);
    const result = await this.triggers.trigger(principal, wish, key === null ? null : { owner, key, body });
    return toTriggerView(result, wish);
  }

  @Get('status')
  async status(@Query() query: { job_ids?: string; batch_id?: string }): Promise<StatusView> {
    const asked = parseStatusQuery(query);
    if ('batchId' in asked) {
      const jobs = await this.jobs.listByBatch(asked.batchId);
      return { count: jobs.length, jobs: jobs.map(toJobView) };
    }
    const jobs = await this.jobs.listByIds(asked.jobIds);
    const found = new Set(jobs.map(({ id }) => id));
    const missing = [...new Set(asked.jobIds)].filter((id) => !found.has(id));
    return { count: jobs.length, jobs: jobs.map(toJobView), ...(missing.length > 0 ? { not_found: missing } : {}) };
  }

  @Post('cancel')
  @HttpCode(200)
  @RequireRole('operator', 'upgrade device firmware')
  async cancel(@CurrentPrincipal() principal: Principal, @Body() body: unknown): Promise<CancelView> {
    const wish = parseCancel(body);
    const cancelled = await this.jobs.cancel(principal, wish.ids);
    const done = new Set(cancelled);
    const left = wish.ids.filter((id) => !done.has(id));
    const known = new Map((await this.jobs.listByIds(left)).map((job) => [job.id, statusWord(job)]));
    return {
      status: 'success',
      cancelled: cancelled.length,
      job_ids: wish.asked,
      cancelled_job_ids: cancelled,
      not_cancelled: left.map((id) => ({ job_id: id, status: known.get(id) ?? null, reason: whyNot(known.get(id)) })),
    };
  }
}

function whyNot(status: JobStatusWord | undefined): string {
  if (status === undefined) return 'There is no such job';
  return `Only pending or scheduled jobs can be cancelled; this one is ${status}`;
}
