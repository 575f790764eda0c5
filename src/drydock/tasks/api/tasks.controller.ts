import { Delete, Get, HttpCode, Param, Post, Query as QueryParameters, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { NotFound } from '../../../common/errors.js';
import { IgnoresBody } from '../../../http/ignores-body.js';
import { DrydockBody, type JsonObject } from '../../wire/drydock-body.js';
import { DrydockController } from '../../wire/drydock-controller.decorator.js';
import { DRYDOCK_PREFIX } from '../../wire/drydock-paths.js';
import { DrydockPolicy } from '../../wire/drydock-policy.js';
import { TakesRule } from '../../wire/drydock-rules.js';
import { TaskReads } from '../task-reads.service.js';
import { TasksService } from '../tasks.service.js';
import { toTreeView } from './task-layers.view.js';
import { type Query, toDays, toFlag, toLayers } from './task-query.js';
import { toAction, toTaskWish } from './task-wish.js';
import { toBuildDataView, toTaskView, type Wire } from './task.view.js';

/** Tasks (spec drydock section 4). */
@DrydockController('tasks')
export class TasksController {
  constructor(
    private readonly tasks: TasksService,
    private readonly reads: TaskReads,
    private readonly policy: DrydockPolicy,
  ) {}

  @Get()
  @TakesRule('read_task')
  async list(): Promise<Wire[]> {
    return (await this.reads.list()).map((shown) => toTaskView(shown));
  }

  /** Takes the rule of its action, too; an action that there is none of is nobody's. */
  @Post()
  @TakesRule('create_task')
  async create(
    @CurrentPrincipal() principal: Principal,
    @DrydockBody() body: JsonObject,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Wire> {
    const action = toAction(body);
    this.policy.assert(principal, action);
    const id = await this.tasks.submit(toTaskWish(action, body), principal);
    void reply.header('Location', `/${DRYDOCK_PREFIX}/tasks/${id}`);
    return toTaskView(await this.reads.get(id));
  }

  @Delete()
  @TakesRule('delete_tasks')
  @IgnoresBody()
  @HttpCode(200)
  async purge(
    @CurrentPrincipal() principal: Principal,
    @QueryParameters() query: Query,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.tasks.purge(toDays(query), principal);
    // Text that is called JSON, as the original has it.
    await reply.type('application/json').send('Tables purged successfully.');
  }

  @Get(':id')
  @TakesRule('read_task')
  async get(@Param('id') id: string, @QueryParameters() query: Query): Promise<Wire> {
    const withBuildData = toFlag(query, 'builddata');
    const errors = toFlag(query, 'subtaskerrors');
    const layers = toLayers(query);
    const tree = layers > 0 || errors ? await this.reads.tree(id) : [await this.reads.get(id)];
    const ids = tree.map(({ task }) => task.id);
    const buildData = withBuildData ? await this.reads.buildData(ids) : null;
    return toTreeView(tree, { layers, errors, buildData });
  }

  @Get(':id/builddata')
  @TakesRule('read_build_data')
  async buildData(@Param('id') id: string): Promise<Wire[]> {
    const task = await this.reads.find(id);
    const found = (await this.reads.buildData([task.id])).get(task.id) ?? [];
    if (found.length === 0) throw new NotFound('No build data found', { body: '' });
    return found.map(toBuildDataView);
  }

  @Delete(':id')
  @TakesRule('terminate_task')
  @IgnoresBody()
  async terminate(@CurrentPrincipal() principal: Principal, @Param('id') id: string): Promise<Wire> {
    await this.tasks.terminate(id, principal);
    return toTaskView(await this.reads.get(id));
  }
}
