import { Get, Header, Headers, Param, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { Config } from '../../../config/config.js';
import { GenesisController } from '../../wire/genesis-controller.decorator.js';
import { GenesisId } from '../../wire/genesis-id.pipe.js';
import { Address, collection, link, linksOf, type Link } from '../../wire/genesis-links.js';
import { missing } from '../../wire/genesis-result.js';
import { EnvironmentAccess } from '../environment-access.service.js';
import { HistoryService, type LogLine } from '../history.service.js';
import { pathOf } from './env.view.js';
import { toFlag, toPage, toZoneOffset } from './environment-query.js';
import { toActionTracking, toWorkflowDetails, type WorkflowDetailsView } from './history.view.js';
import { admitsHtml, toHtmlLog, toPlainLog } from './log.view.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface LogRequest {
  readonly accept: string | undefined;
  /** Minutes west of UTC. */
  readonly offset: number;
  readonly reply: FastifyReply;
}

/** What an environment's workflows did: history, actions of steps, logs (spec environments section 2.1). */
@GenesisController('projects/:projectId/envs/:envId')
export class EnvHistoryController {
  constructor(
    private readonly config: Config,
    private readonly reached: EnvironmentAccess,
    private readonly history: HistoryService,
  ) {}

  @Get('history')
  async list(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @Query('page_offset') pageOffset: unknown,
    @Query('page_length') pageLength: unknown,
    @Address() address: string,
  ): Promise<{ history: WorkflowDetailsView[]; totalCount: number; links: Link[] }> {
    const { environment } = await this.reached.reach(principal, projectId, id, 'env.read');
    const { offset, length } = toPage(pageOffset, pageLength);
    const { runs, total } = await this.history.page(id, offset, length);
    return {
      history: runs.map((run) => toWorkflowDetails(run, this.config.values.genesisStatusWords)),
      totalCount: total,
      links: linksOf([link('self', `${pathOf(environment, address)}/history`, 'WorkflowHistory')]),
    };
  }

  @Get('history/:workflowId')
  async get(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @Param('workflowId', GenesisId) workflowId: number,
    @Address() address: string,
  ): Promise<WorkflowDetailsView & { links: Link[] }> {
    const { environment } = await this.reached.reach(principal, projectId, id, 'env.read');
    const run = await this.history.get(id, workflowId);
    const self = link('self', `${pathOf(environment, address)}/history/${workflowId}`, 'WorkflowDetails');
    return { ...toWorkflowDetails(run, this.config.values.genesisStatusWords), links: linksOf([self]) };
  }

  @Get('steps/:stepId/actions')
  async actions(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @Param('stepId', GenesisId) stepId: number,
    @Address() address: string,
  ): Promise<{ items: readonly object[]; links: Link[] }> {
    const { environment } = await this.reached.reach(principal, projectId, id, 'env.read');
    const items = (await this.history.actions(id, stepId)).map(toActionTracking);
    return collection(items, [
      link('self', `${pathOf(environment, address)}/steps/${stepId}/actions`, 'ActionTracking'),
    ]);
  }

  /** Slipway's steps attach nothing. */
  @Get('steps/:stepId/actions/:uuid/attachments')
  async attachments(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @Param('stepId', GenesisId) stepId: number,
    @Param('uuid') uuid: string,
    @Address() address: string,
  ): Promise<{ items: readonly object[]; links: Link[] }> {
    const { environment } = await this.reached.reach(principal, projectId, id, 'env.read');
    await this.history.assertAction(id, stepId, uuid);
    const path = `${pathOf(environment, address)}/steps/${stepId}/actions/${uuid}/attachments`;
    return collection([], [link('self', path, 'Attachment')]);
  }

  @Get('logs/:stepId')
  @Header('X-Content-Type-Options', 'nosniff')
  async stepLog(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @Param('stepId', GenesisId) stepId: number,
    @Query() query: Readonly<Record<string, unknown>>,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    await this.reached.reach(principal, projectId, id, 'env.read');
    const lines = await this.history.stepLog(id, stepId, toFlag(query['include_actions'], 'include_actions'));
    return render(lines, { accept, offset: toZoneOffset(query['timezone_offset']), reply });
  }

  @Get('action_logs/:uuid')
  @Header('X-Content-Type-Options', 'nosniff')
  async actionLog(
    @CurrentPrincipal() principal: Principal,
    @Param('projectId', GenesisId) projectId: number,
    @Param('envId', GenesisId) id: number,
    @Param('uuid') uuid: string,
    @Query('timezone_offset') offset: unknown,
    @Headers('accept') accept: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    await this.reached.reach(principal, projectId, id, 'env.read');
    if (!UUID.test(uuid)) throw missing('No such action');
    const lines = await this.history.actionLog(id, uuid);
    return render(lines, { accept, offset: toZoneOffset(offset), reply });
  }
}

function render(lines: readonly LogLine[], { accept, offset, reply }: LogRequest): string {
  const isHtml = admitsHtml(accept);
  reply.header('content-type', `${isHtml ? 'text/html' : 'text/plain'}; charset=utf-8`);
  return isHtml ? toHtmlLog(lines, offset) : toPlainLog(lines, offset);
}
