import { Body, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { CurrentPrincipal, OpenToPlanTokens } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import type { ExpectedVersion } from '../../../common/expected-version.js';
import type { IdempotentRequest } from '../../../http/idempotency/idempotency.js';
import { Answers } from '../../api/answers.decorator.js';
import { IfMatch } from '../../api/entity-tag.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { Idempotent } from '../../api/idempotent-request.js';
import { uuidOf } from '../../api/path-ids.js';
import { noBody, noQuery, strictBody } from '../../api/strict.pipe.js';
import { ApprovalsService } from '../approvals.service.js';
import { ApprovalsView, toApprovalsView } from './approval.view.js';
import { ApproveBatch } from './approvals.dto.js';

@FleetController('batches/:id/approvals')
export class ApprovalsController {
  constructor(private readonly approvals: ApprovalsService) {}

  @Get()
  @OpenToPlanTokens('batch', 'id')
  @Answers('Who has approved a batch, and whether that counts', 200, ApprovalsView, { problems: [404, 409] })
  async list(@Param('id', uuidOf('batch')) id: string, @Query(noQuery()) _query: void): Promise<ApprovalsView> {
    return toApprovalsView(await this.approvals.state(id));
  }

  @Post()
  @Answers('Approve a batch that somebody else asked for', 200, ApprovalsView, { problems: [404, 409, 412] })
  async approve(
    @CurrentPrincipal() principal: Principal,
    @Param('id', uuidOf('batch')) batchId: string,
    @Body(strictBody(ApproveBatch)) { digest, comment }: ApproveBatch,
    @Query(noQuery()) _query: void,
    @IfMatch() expected: ExpectedVersion | undefined,
    @Idempotent() repeat: IdempotentRequest | null,
  ): Promise<ApprovalsView> {
    const wish = { batchId, principal, expected, repeat };
    await this.approvals.approve(wish, { digest, comment: comment ?? '' });
    return toApprovalsView(await this.approvals.state(batchId));
  }

  @Delete()
  @Answers('Take your own approval back', 200, ApprovalsView, { problems: [404, 409, 412] })
  async revoke(
    @CurrentPrincipal() principal: Principal,
    @Param('id', uuidOf('batch')) batchId: string,
    @Body(noBody()) _body: void,
    @Query(noQuery()) _query: void,
    @IfMatch() expected: ExpectedVersion | undefined,
  ): Promise<ApprovalsView> {
    await this.approvals.revoke({ batchId, principal, expected, repeat: null });
    return toApprovalsView(await this.approvals.state(batchId));
  }
}
