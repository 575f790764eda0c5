import { Injectable } from '@nestjs/common';
import type { EntityManager, QueryDeepPartialEntity } from 'typeorm';
import { storableJson, storableText } from '../../orchestration/storable.js';
import { TaskMessage } from '../records/task-message.entity.js';

export interface NewTaskMessage {
  readonly message: string;
  readonly error: boolean;
  readonly contextType: string;
  readonly context: string;
  readonly extra?: Readonly<Record<string, unknown>>;
}

const LONGEST = 1024;
/** Rows of one INSERT; PostgreSQL takes at most 65,535 parameters. */
const CHUNK = 1000;

/** The lines of a task's `messageList`, in the order in which they are appended. Part of the caller's transaction. */
@Injectable()
export class TaskMessages {
  async append(tx: EntityManager, taskId: string, messages: readonly NewTaskMessage[]): Promise<void> {
    for (let from = 0; from < messages.length; from += CHUNK) {
      const rows = messages.slice(from, from + CHUNK).map((message) => rowOf(taskId, message));
      await tx
        .createQueryBuilder()
        .insert()
        .into(TaskMessage)
        .values(rows as QueryDeepPartialEntity<TaskMessage>[])
        .updateEntity(false)
        .execute();
    }
  }
}

function rowOf(taskId: string, { message, error, contextType, context, extra = {} }: NewTaskMessage) {
  const text = storableText(message);
  const isCut = text.length > LONGEST;
  return {
    taskId,
    message: isCut ? storableText(text.slice(0, LONGEST)) : text,
    error,
    contextType,
    context: storableText(context),
    extra: JSON.parse(storableJson(isCut ? { ...extra, truncated: true } : extra)) as Record<string, unknown>,
  };
}
