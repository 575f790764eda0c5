import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Origin, Principal } from '../../auth/principal.js';
import { Conflict, DomainError, NotFound, Unprocessable } from '../../common/errors.js';
import { SecretBox } from '../../config/secret-box.js';
import { violatedUnique } from '../../database/pg-errors.js';
import { PlanRunsService, type PreparedRun } from '../plans/plan-runs.service.js';
import { HookCall, type HookOutcome } from './hook-call.entity.js';
import { mapCall, type MappedCall } from './hook-mapping.js';
import { HookOwnersService } from './hook-owners.service.js';
import { readPayload } from './hook-payload.js';
import { eventOf, type HookRequest, verifyCall } from './hook-signature.js';
import { HookStrangersService } from './hook-strangers.service.js';
import { Hook } from './hook.entity.js';

export interface HookAnswer {
  readonly outcome: HookOutcome;
  readonly batchId: string | null;
  readonly reason: string | null;
  /** It was answered before: nothing was started now. */
  readonly repeated: boolean;
}

/** Takes the calls of incoming hooks. Nothing of a call is believed before its signature is. */
@Injectable()
export class HookCallsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly secrets: SecretBox,
    private readonly audit: AuditService,
    private readonly owners: HookOwnersService,
    private readonly runs: PlanRunsService,
    private readonly strangers: HookStrangersService,
  ) {}

  async call(id: string, request: HookRequest, origin: Origin): Promise<HookAnswer> {
    const hook = await this.dataSource.manager.findOneBy(Hook, { id });
    if (!hook) throw new NotFound('No hook has this id.');
    const verdict = verifyCall(hook.kind, this.secrets.decrypt(hook.secretEncrypted), request, new Date());
    if (!verdict.right) return this.strangers.refuse(hook, verdict.why, origin);
    if (!hook.enabled) throw new Conflict('The hook is disabled.', { code: 'hook_disabled' });
    const earlier = await this.earlier(hook.id, verdict.delivery);
    if (earlier) return earlier;
    const event = eventOf(hook.kind, request);
    if (hook.kind === 'github' && event === 'ping') return this.ignore(hook, 'A ping starts nothing.');
    const mapped = mapCall(hook.mapping, event, readPayload(request));
    if (mapped.outcome === 'ignore') return this.ignore(hook, mapped.reason);
    try {
      return await this.start(hook, mapped, verdict.delivery, origin);
    } catch (error) {
      if (error instanceof DomainError) await this.note(hook, 'refused', error.message);
      throw error;
    }
  }

  private async start(
    hook: Hook,
    mapped: Exclude<MappedCall, { outcome: 'ignore' }>,
    delivery: string,
    origin: Origin,
  ): Promise<HookAnswer> {
    if (mapped.outcome === 'refuse') throw new Unprocessable(mapped.reason, { code: 'nothing_to_map' });
    const principal = await this.owners.principalOf(hook, origin);
    const run = await this.runs.prepare(principal, hook.planName, mapped.parameters);
    try {
      const batchId = await this.dataSource.transaction((tx) => this.submit(tx, principal, hook, run, delivery));
      return { outcome: 'started', batchId, reason: null, repeated: false };
    } catch (error) {
      // The same delivery came twice at the same time, and the other one was first.
      const earlier = violatedUnique(error) === 'hook_calls_once' ? await this.earlier(hook.id, delivery) : null;
      if (earlier) return earlier;
      throw error;
    }
  }

  /** The row of the call comes first: of two that are the same, one waits here and then starts nothing. */
  private async submit(
    tx: EntityManager,
    principal: Principal,
    hook: Hook,
    run: PreparedRun,
    delivery: string,
  ): Promise<string> {
    const { identifiers } = await tx.insert(HookCall, { hookId: hook.id, delivery, outcome: 'started' });
    const { batchId } = await this.runs.submit(tx, principal, run);
    await tx.update(HookCall, { id: (identifiers[0] as { id: string }).id }, { batchId });
    const what = { objectType: 'hook', objectId: hook.id, objectRepr: hook.name };
    await this.audit.record(tx, principal, { action: 'hook.start', ...what, after: { plan: hook.planName, batchId } });
    return batchId;
  }

  private async earlier(hookId: string, delivery: string): Promise<HookAnswer | null> {
    const call = await this.dataSource.manager.findOneBy(HookCall, { hookId, delivery });
    return call && { outcome: call.outcome, batchId: call.batchId, reason: call.reason, repeated: true };
  }

  private async ignore(hook: Hook, reason: string): Promise<HookAnswer> {
    await this.note(hook, 'ignored', reason);
    return { outcome: 'ignored', batchId: null, reason, repeated: false };
  }

  private async note(hook: Hook, outcome: HookOutcome, reason: string): Promise<void> {
    await this.dataSource.manager.insert(HookCall, { hookId: hook.id, outcome, reason: reason.slice(0, 1000) });
  }
}
