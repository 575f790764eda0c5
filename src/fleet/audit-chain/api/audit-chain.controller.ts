import { Get, Query } from '@nestjs/common';
import { AuditChainService } from '../../../auth/audit/audit-chain.service.js';
import { RequireRole } from '../../../auth/passport/access.decorators.js';
import { Answers } from '../../api/answers.decorator.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { noQuery, strictQuery } from '../../api/strict.pipe.js';
import { anchorOf, VerificationQuery } from './audit-chain.dto.js';
import { ChainHeadView, ChainVerdictView, toHeadView, toVerdictView } from './audit-chain.view.js';

@FleetController('audit-chain')
@RequireRole('admin')
export class AuditChainController {
  constructor(private readonly chain: AuditChainService) {}

  @Get()
  @Answers(
    'The end of the audit chain: note it elsewhere, to be able to prove that nothing was cut off',
    200,
    ChainHeadView,
  )
  async head(@Query(noQuery()) _query: void): Promise<ChainHeadView> {
    return toHeadView(await this.chain.head());
  }

  @Get('verification')
  @Answers('Walk the whole chain and say what was changed, removed or moved', 200, ChainVerdictView)
  async verify(@Query(strictQuery(VerificationQuery)) query: VerificationQuery): Promise<ChainVerdictView> {
    return toVerdictView(await this.chain.verify(anchorOf(query)));
  }
}
