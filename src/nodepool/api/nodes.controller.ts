import { Delete, Get, HttpCode, Param, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CurrentPrincipal } from '../../auth/passport/access.decorators.js';
import type { Principal } from '../../auth/principal.js';
import { Invalid } from '../../common/errors.js';
import { IgnoresBody } from '../../http/ignores-body.js';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { PoolNodesService } from '../requests/pool-nodes.service.js';
import { Filter, type ListFilter, passes } from './list-filter.js';
import { type NodeView, toNodeView } from './node.view.js';
import { NodepoolController } from './nodepool-controller.decorator.js';
import { answerNull } from './null-answer.js';
import { PathIdPipe, ReadIdPipe } from './path-id.pipe.js';
import {
  optionalSeconds,
  optionalText,
  type ReadFields,
  RequestFields,
  requiredState,
  TakesFields,
} from './request-fields.js';

const UNKNOWN = 'Node id not found';
const TEN_YEARS_S = 315_360_000;

/** `/v1/nodes` (contract; spec nodepool section 1.5). */
@NodepoolController()
export class NodesController {
  constructor(
    private readonly nodes: PoolNodesService,
    private readonly config: NodepoolConfigStore,
  ) {}

  @Get(['nodes', 'nodes.json'])
  async list(@Filter('label') filter: ListFilter): Promise<NodeView[]> {
    const nodes = await this.nodes.list();
    return nodes
      .filter(({ state, providerName, labelName }) =>
        passes(filter, { state, provider: providerName, name: labelName }),
      )
      .map((node) => toNodeView(node, this.context()));
  }

  @Get('nodes/:ref')
  async get(@Param('ref', new ReadIdPipe(UNKNOWN)) id: number): Promise<NodeView> {
    return toNodeView(await this.nodes.get(id), this.context());
  }

  @Delete('nodes/:ref')
  @HttpCode(204)
  @IgnoresBody()
  async delete(
    @Param('ref', new PathIdPipe(UNKNOWN)) id: number,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    await this.nodes.delete(id, principal);
  }

  @Put('nodes/:ref')
  @TakesFields()
  async change(
    @Param('ref', new PathIdPipe(UNKNOWN)) id: number,
    @RequestFields() readFields: ReadFields,
    @CurrentPrincipal() principal: Principal,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.nodes.get(id);
    const fields = await readFields();
    const state = requiredState(fields);
    if (state === 'ready') await this.nodes.release(id, principal);
    else if (state === 'hold') {
      const ttlS = optionalSeconds(fields, 'ttl', TEN_YEARS_S);
      await this.nodes.hold(id, { reason: optionalText(fields, 'reason'), ttlS }, principal);
    } else throw new Invalid('Node state not permitted');
    answerNull(reply, 200);
  }

  private context(): { now: Date; maxHoldAgeS: number } {
    return { now: new Date(), maxHoldAgeS: this.config.current()?.maxHoldAgeS ?? 0 };
  }
}
