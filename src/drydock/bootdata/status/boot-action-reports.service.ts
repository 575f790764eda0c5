import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { AuditService } from '../../../auth/audit/audit.service.js';
import type { Origin, Principal } from '../../../auth/principal.js';
import { BootReports } from '../../engine/boot-reports.service.js';
import { BootActionRecord } from '../../records/boot-action-record.entity.js';
import { TaskMessage } from '../../records/task-message.entity.js';
import { TaskMessages } from '../../tasks/task-messages.service.js';
import { finishedBootAction, noBootKey, unknownBootAction, wrongBootKey } from '../../wire/boot-errors.js';
import { isBootKey } from '../boot-key.js';
import { readUlid } from '../ulid.js';
import type { StatusDetail, StatusReport } from './status-report.js';

/** Of one boot action. */
const MOST_DETAILS = 1_000;
const LEFT_OUT: StatusDetail = {
  message: `Further details were left out: ${MOST_DETAILS} of a boot action are kept`,
  error: false,
  extra: {},
};

/**
 * Takes what nodes report of their boot actions (spec drydock section 3). What one report says is stored as a whole or not
 * at all, and of two that end an action exactly one does.
 */
@Injectable()
export class BootActionReports {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly messages: TaskMessages,
    private readonly reports: BootReports,
    private readonly audit: AuditService,
  ) {}

  /**
   * `read` gives the report, or throws the 400: a body is looked at when it is known who sends it, and before what the
   * action has come to.
   */
  async report(
    actionId: string,
    key: string | undefined,
    read: () => StatusReport,
    origin: Origin,
  ): Promise<BootActionRecord> {
    const id = readUlid(actionId);
    const found = id === null ? null : await this.dataSource.manager.findOneBy(BootActionRecord, { actionId: id });
    if (!found) throw unknownBootAction();
    if (key === undefined || key === '') throw noBootKey();
    if (!isBootKey(key, found.keyHash)) throw wrongBootKey();
    const report = read();
    return this.dataSource.transaction((tx) => this.store(tx, found.actionId, key, report, origin));
  }

  private async store(
    tx: EntityManager,
    actionId: string,
    key: string,
    { status, details }: StatusReport,
    origin: Origin,
  ): Promise<BootActionRecord> {
    const record = await tx.findOne(BootActionRecord, { where: { actionId }, lock: { mode: 'pessimistic_write' } });
    if (!record) throw unknownBootAction();
    // Another key may have been handed over meanwhile.
    if (!isBootKey(key, record.keyHash)) throw wrongBootKey();
    if (record.status !== 'incomplete' || record.superseded) throw finishedBootAction(actionId);
    const { taskId } = record;
    const kept = await this.fitting(tx, record, details);
    await this.messages.append(
      tx,
      taskId,
      kept.map((detail) => ({ ...withoutKey(detail, key), contextType: 'bootaction', context: actionId })),
    );
    const after = status === null ? record : { ...record, status, finishedAt: new Date() };
    if (status !== null) {
      await tx.update(BootActionRecord, { actionId, status: 'incomplete' }, { status, finishedAt: () => 'now()' });
      await this.reports.reported(tx, taskId);
    }
    if (status !== null || details.length > 0) await this.note(tx, record, after, details.length, origin);
    return after;
  }

  /** A node that never stops reporting must not fill the tasks that everybody reads. */
  private async fitting(
    tx: EntityManager,
    { taskId, actionId }: BootActionRecord,
    details: readonly StatusDetail[],
  ): Promise<readonly StatusDetail[]> {
    const stored = await tx.countBy(TaskMessage, { taskId, contextType: 'bootaction', context: actionId });
    const room = Math.max(0, MOST_DETAILS - stored);
    if (details.length <= room) return details;
    return stored > MOST_DETAILS ? [] : [...details.slice(0, room), LEFT_OUT];
  }

  private note(
    tx: EntityManager,
    { actionId, nodeName, actionName, status }: BootActionRecord,
    after: BootActionRecord,
    details: number,
    origin: Origin,
  ): Promise<void> {
    return this.audit.record(tx, nodePrincipal(nodeName, origin), {
      action: 'boot_action_report',
      objectType: 'boot_action',
      objectId: actionId,
      objectRepr: `${nodeName} ${actionName}`,
      before: { status },
      after: { status: after.status, details },
    });
  }
}

/** What a script prints may hold the key it was given; a task's messages are read by others. */
function withoutKey<Detail extends StatusDetail>(detail: Detail, key: string): Detail {
  return JSON.parse(JSON.stringify(detail).replaceAll(new RegExp(key, 'gi'), '[key]')) as Detail;
}

/** A node with its key is nobody who could do anything else. */
function nodePrincipal(nodeName: string, origin: Origin): Principal {
  return {
    ...origin,
    userId: null,
    username: `node ${nodeName}`,
    role: 'viewer',
    tokenId: null,
    writeEnabled: false,
    source: 'public',
  };
}
