import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import type { BatchRequest } from '../batches/batch-request.js';
import type { BatchTimes } from '../batches/batch-rules.js';
import { timesOf } from '../batches/batch-times.js';
import { FleetBatches } from '../batches/fleet-batches.service.js';
import type { PreparedBatch } from '../batches/prepared-batch.js';
import { BatchForecasts } from '../calendar/batch-forecasts.service.js';
import type { Forecast } from '../calendar/forecast.js';
import type { ParameterValues } from '../plans/plan-parameters.js';
import { PlanRunsService } from '../plans/plan-runs.service.js';

export interface Preview {
  readonly batch: PreparedBatch;
  readonly times: BatchTimes;
  readonly forecast: Forecast;
}

/** What a batch would do, to what, in which order and when; refused for all a batch itself would be refused for. */
@Injectable()
export class PreviewsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly batches: FleetBatches,
    private readonly runs: PlanRunsService,
    private readonly forecasts: BatchForecasts,
  ) {}

  async ofRequest(principal: Principal, request: BatchRequest): Promise<Preview> {
    return this.of(await this.batches.prepare(this.dataSource, principal, request));
  }

  async ofPlan(principal: Principal, name: string, parameters: ParameterValues): Promise<Preview> {
    return this.of((await this.runs.prepare(principal, name, parameters)).batch);
  }

  private async of(batch: PreparedBatch): Promise<Preview> {
    const now = new Date();
    const times = timesOf(batch.request, now);
    await this.batches.assertMay(batch, times);
    return { batch, times, forecast: await this.forecasts.forecast(this.dataSource, batch, times, now) };
  }
}
