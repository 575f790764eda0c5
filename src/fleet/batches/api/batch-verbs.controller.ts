import { Body, Param, Post, Query } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { Answers } from '../../api/answers.decorator.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { ordinalOf } from '../../api/path-ids.js';
import { noBody, noQuery, strictBody } from '../../api/strict.pipe.js';
import { BatchReads } from '../batch-reads.service.js';
import { BatchVerbs, type Asked } from '../batch-verbs.service.js';
import { BatchDetailView, toBatchDetailView } from './batch.view.js';
import { Steer } from './steer.js';
import { ReportedCheck, PauseBody, ResumeBody, RetryBody } from './verbs.dto.js';

const REFUSALS = { problems: [404, 409, 412, 422] };

/** What people do to a batch, of whatever dialect. */
@FleetController('batches')
@ApiParam({ name: 'id', format: 'uuid' })
export class BatchVerbsController {
  constructor(
    private readonly verbs: BatchVerbs,
    private readonly reads: BatchReads,
  ) {}

  @Post(':id/pause')
  @Answers('Start nothing more; what runs goes on', 200, BatchDetailView, REFUSALS)
  async pause(
    @Steer() asked: Asked,
    @Body(strictBody(PauseBody)) body: PauseBody,
    @Query(noQuery()) _query: void,
  ): Promise<BatchDetailView> {
    await this.verbs.pause(asked, body.reason ?? null);
    return this.show(asked.id);
  }

  @Post(':id/resume')
  @Answers('Go on with a paused batch', 200, BatchDetailView, REFUSALS)
  async resume(
    @Steer() asked: Asked,
    @Body(strictBody(ResumeBody)) body: ResumeBody,
    @Query(noQuery()) _query: void,
  ): Promise<BatchDetailView> {
    await this.verbs.resume(asked, body.override_gate ?? false);
    return this.show(asked.id);
  }

  @Post(':id/abort')
  @Answers('Stop all of it: running steps stop at their next safe point', 200, BatchDetailView, REFUSALS)
  async abort(
    @Steer() asked: Asked,
    @Body(noBody()) _body: void,
    @Query(noQuery()) _query: void,
  ): Promise<BatchDetailView> {
    await this.verbs.abort(asked);
    return this.show(asked.id);
  }

  @Post(':id/cancel')
  @Answers('Cancel what has not started; what runs goes on to its end', 200, BatchDetailView, REFUSALS)
  async cancel(
    @Steer() asked: Asked,
    @Body(noBody()) _body: void,
    @Query(noQuery()) _query: void,
  ): Promise<BatchDetailView> {
    await this.verbs.cancel(asked);
    return this.show(asked.id);
  }

  @Post(':id/retry')
  @Answers('Try failed targets again in a new batch, each from the step that failed', 201, BatchDetailView, REFUSALS)
  async retry(
    @Steer() asked: Asked,
    @Body(strictBody(RetryBody)) body: RetryBody,
    @Query(noQuery()) _query: void,
  ): Promise<BatchDetailView> {
    return this.show(await this.verbs.retry(asked, body.targets ?? 'failed'));
  }

  @Post(':id/waves/:wave/checks')
  @Answers('Say how a wave does: what its gate asks for', 200, BatchDetailView, REFUSALS)
  async reportCheck(
    @Steer() asked: Asked,
    @Param('wave', ordinalOf('wave')) wave: number,
    @Body(strictBody(ReportedCheck)) { name, passed, message = '' }: ReportedCheck,
    @Query(noQuery()) _query: void,
  ): Promise<BatchDetailView> {
    await this.verbs.reportCheck(asked, wave, { name, passed, message });
    return this.show(asked.id);
  }

  private async show(id: string): Promise<BatchDetailView> {
    return toBatchDetailView(await this.reads.get(id));
  }
}
