import { Body, Param, Post, Query } from '@nestjs/common';
import { CurrentPrincipal, OpenToPlanTokens, ReadsOnly } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { Answers } from '../../api/answers.decorator.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { nameOf } from '../../api/path-ids.js';
import { strictBody, strictQuery } from '../../api/strict.pipe.js';
import { BatchRequest } from '../../batches/batch-request.js';
import { PreviewQuery, StartPlan } from '../../plans/api/plans.dto.js';
import { type Preview, PreviewsService } from '../previews.service.js';
import { PreviewView, toPreviewView } from './preview.view.js';

/** What would run, when, and in which order. Changes nothing, so who may read may ask. */
@FleetController('')
export class PreviewsController {
  constructor(private readonly previews: PreviewsService) {}

  @Post('batches/preview')
  @ReadsOnly()
  @Answers('What a batch would do, and when', 200, PreviewView, { problems: [404, 422] })
  async ofRequest(
    @CurrentPrincipal() principal: Principal,
    @Body(strictBody(BatchRequest)) request: BatchRequest,
    @Query(strictQuery(PreviewQuery)) { targets }: PreviewQuery,
  ): Promise<PreviewView> {
    return shown(await this.previews.ofRequest(principal, request), targets);
  }

  @Post('plans/:name/preview')
  @ReadsOnly()
  @OpenToPlanTokens('plan', 'name')
  @Answers('What starting a plan would do, and when', 200, PreviewView, { problems: [404, 409, 422] })
  async ofPlan(
    @CurrentPrincipal() principal: Principal,
    @Param('name', nameOf('plan')) name: string,
    @Body(strictBody(StartPlan)) { parameters }: StartPlan,
    @Query(strictQuery(PreviewQuery)) { targets }: PreviewQuery,
  ): Promise<PreviewView> {
    return shown(await this.previews.ofPlan(principal, name, parameters ?? {}), targets);
  }
}

function shown({ batch, times, forecast }: Preview, targets: number): PreviewView {
  return toPreviewView(batch, times, forecast, targets);
}
