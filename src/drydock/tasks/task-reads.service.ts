import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type DataSource, In } from 'typeorm';
import { NotFound } from '../../common/errors.js';
import { BuildData } from '../records/build-data.entity.js';
import { SiteTask } from '../records/site-task.entity.js';
import { TaskMessage } from '../records/task-message.entity.js';
import { isTaskId } from './task-id.js';

/** A task with all that is shown of it. */
export interface ShownTask {
  readonly task: SiteTask;
  readonly partIds: readonly string[];
  readonly messages: readonly TaskMessage[];
}

/** As much of a wrong id as an answer repeats. */
const LONGEST_ID = 100;

/** Tasks as they are asked for. Records. */
@Injectable()
export class TaskReads {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The oldest first. */
  async list(): Promise<ShownTask[]> {
    const tasks = await this.dataSource.manager.find(SiteTask, {
      order: { createdAt: 'ASC', ordinal: 'ASC', id: 'ASC' },
    });
    return this.shown(tasks, null);
  }

  async get(id: string): Promise<ShownTask> {
    const task = await this.find(id);
    const parts = await this.dataSource.manager.find(SiteTask, {
      where: { parentId: task.id },
      order: { ordinal: 'ASC' },
    });
    const [shown] = await this.shown([task, ...parts], [task.id]);
    return shown!;
  }

  /** The task first, then everything below it in the order in which it was made. */
  async tree(id: string): Promise<ShownTask[]> {
    const top = await this.find(id);
    const whole = await this.dataSource.manager.find(SiteTask, {
      where: { rootId: top.rootId },
      order: { ordinal: 'ASC', id: 'ASC' },
    });
    const below = new Set([top.id]);
    // A part is always made after what it is a part of.
    for (const { id: partId, parentId } of whole) if (parentId !== null && below.has(parentId)) below.add(partId);
    const tasks = whole.filter((task) => below.has(task.id));
    return this.shown(
      tasks,
      tasks.map((task) => task.id),
    );
  }

  /** What was collected by exactly these tasks, by their ids. */
  async buildData(ids: readonly string[]): Promise<ReadonlyMap<string, readonly BuildData[]>> {
    const rows = await this.dataSource.manager.find(BuildData, {
      where: { taskId: In([...ids]) },
      order: { id: 'ASC' },
    });
    return grouped(rows, ({ taskId }) => taskId);
  }

  async find(id: string): Promise<SiteTask> {
    const task = isTaskId(id) ? await this.dataSource.manager.findOneBy(SiteTask, { id }) : null;
    if (!task) throw new NotFound(`Task ${id.slice(0, LONGEST_ID)} does not exist`);
    return task;
  }

  /** `ids`: which of the tasks are shown, the others are only known as parts; null: all there are. */
  private async shown(tasks: readonly SiteTask[], ids: readonly string[] | null): Promise<ShownTask[]> {
    const where = ids === null ? {} : { taskId: In([...ids]) };
    const rows = await this.dataSource.manager.find(TaskMessage, { where, order: { id: 'ASC' } });
    const messages = grouped(rows, ({ taskId }) => taskId);
    const parts = grouped(tasks, ({ parentId }) => parentId ?? '');
    const chosen = ids === null ? null : new Set(ids);
    return tasks
      .filter(({ id }) => chosen === null || chosen.has(id))
      .map((task) => ({
        task,
        partIds: [...(parts.get(task.id) ?? [])].sort((a, b) => a.ordinal - b.ordinal).map(({ id }) => id),
        messages: messages.get(task.id) ?? [],
      }));
  }
}

function grouped<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}
