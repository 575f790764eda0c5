import { Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import { CurrentPrincipal } from '../../auth/passport/access.decorators.js';
import type { Principal } from '../../auth/principal.js';
import { Invalid } from '../../common/errors.js';
import { FuelObject, type JsonObject, readFields } from '../../fuel/fuel-body.js';
import { FuelController } from '../../fuel/fuel-controller.decorator.js';
import { Field, object, text } from '../../fuel/fuel-fields.js';
import { FuelIdPipe, isId } from '../../fuel/fuel-id.pipe.js';
import { IgnoresBody } from '../../http/ignores-body.js';
import { TasksService } from '../tasks/tasks.service.js';
import { type TaskView, toTaskView } from './task.view.js';

const Id = () => Param('id', new FuelIdPipe('Task'));

interface TaskQuery {
  readonly cluster_id?: unknown;
  readonly force?: unknown;
}

/** Whether a task runs, and how far it is, is its work's to say. */
class TaskBody {
  @Field(text(10_000), { nullable: true }) message?: string | null;
  @Field(object()) result?: Record<string, unknown>;
}

/** Spec fuel section 3.11. */
@FuelController('tasks')
export class TasksController {
  constructor(private readonly tasks: TasksService) {}

  @Get()
  async list(@Query() query: TaskQuery): Promise<TaskView[]> {
    return (await listTasks(this.tasks, query)).map(toTaskView);
  }

  @Get(':id')
  async get(@Id() id: number): Promise<TaskView> {
    return toTaskView(await this.tasks.get(id));
  }

  @Put(':id')
  async update(
    @CurrentPrincipal() principal: Principal,
    @Id() id: number,
    @FuelObject() body: JsonObject,
  ): Promise<TaskView> {
    return toTaskView(await this.tasks.update(principal, id, { ...readFields(TaskBody, body) }));
  }

  @Delete(':id')
  @HttpCode(204)
  @IgnoresBody()
  remove(@CurrentPrincipal() principal: Principal, @Id() id: number, @Query() query: TaskQuery): Promise<void> {
    return this.tasks.remove(principal, id, isForced(query));
  }
}

/** What clients of 9 to 11 call tasks. */
@FuelController('transactions')
export class TransactionsController {
  constructor(private readonly tasks: TasksService) {}

  @Get()
  async list(@Query() query: TaskQuery): Promise<TaskView[]> {
    return (await listTasks(this.tasks, query)).map(toTaskView);
  }

  @Get(':id')
  async get(@Id() id: number): Promise<TaskView> {
    return toTaskView(await this.tasks.get(id));
  }

  @Delete(':id')
  @HttpCode(204)
  @IgnoresBody()
  remove(@CurrentPrincipal() principal: Principal, @Id() id: number, @Query() query: TaskQuery): Promise<void> {
    return this.tasks.remove(principal, id, isForced(query));
  }
}

/** `?cluster_id=1`: of this cluster. Empty: of none. A number no cluster has: none. */
function listTasks(tasks: TasksService, { cluster_id: given }: TaskQuery): ReturnType<TasksService['list']> {
  if (given === undefined) return tasks.list();
  if (given === '') return tasks.list(null);
  if (typeof given !== 'string' || !/^\d+$/.test(given)) throw new Invalid('cluster_id is not integer');
  const id = Number(given);
  return isId(id) ? tasks.list(id) : Promise.resolve([]);
}

/** Absent, empty and `0` are no (spec fuel section 3.11). */
function isForced({ force }: TaskQuery): boolean {
  return force !== undefined && force !== '' && force !== '0';
}
