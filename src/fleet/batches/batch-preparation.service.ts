import { Injectable } from '@nestjs/common';
import type { Principal } from '../../auth/principal.js';
import { Invalid, NotFound, Unprocessable } from '../../common/errors.js';
import type { JobSpec } from '../../orchestration/batches.service.js';
import type { Sql } from '../../orchestration/sql.js';
import { DELEGATED, delegatedJob } from '../../orchestration/targets/delegated.js';
import {
  type ActionRequest,
  type RefusedTarget,
  type Target,
  type TargetAction,
  type TargetKind,
  TargetKinds,
} from '../../orchestration/targets/target-kinds.js';
import { buildWaves, CANARY, type PlannedWave } from '../../orchestration/waves.js';
import { invalidFields } from '../../common/fields/read-fields.js';
import { type BatchRequest, MOST_TARGETS, type TargetFields } from './batch-request.js';
import { toGateSpec } from './gate-fields.js';
import type { PreparedBatch, PreparedTarget, PreparedWave } from './prepared-batch.js';
import { requestedAction, requestedKind, requestedParameters } from './requested-action.js';
import { toWaveWish } from './wave-fields.js';

const FILTER_PAGE = 5_000;
/** As many are named in a refusal; the rest are counted. */
const MOST_NAMED = 100;

/** Finds all that a request names and decides what would be done to it. Stores nothing. */
@Injectable()
export class BatchPreparation {
  constructor(private readonly kinds: TargetKinds) {}

  async prepare(sql: Sql, principal: Principal, request: BatchRequest): Promise<PreparedBatch> {
    const kind = requestedKind(this.kinds, request);
    const action = requestedAction(kind, request);
    const parameters = requestedParameters(action, request);
    const wish = toWaveWish(request.waves);
    const targets = await this.resolve(sql, kind, request.targets);
    const planned = await planTargets(sql, principal, { name: request.action, action }, targets, parameters);
    refuse(planned.refused, request.on_refused ?? 'fail', planned.taken.length);
    const waves = gated(request, buildWaves(planned.taken, wish));
    return {
      request,
      kind,
      jobKind: planned.jobKind,
      waves,
      refused: planned.refused,
      targetCount: planned.taken.length,
    };
  }

  private async resolve(sql: Sql, kind: TargetKind, { ids, filter }: TargetFields): Promise<Target[]> {
    if ((ids === undefined) === (filter === undefined)) {
      throw invalidFields([{ pointer: '/targets', detail: 'must have either ids or a filter' }]);
    }
    const targets = ids ? await named(sql, kind, ids) : await filtered(sql, kind, filter ?? {});
    if (targets.length === 0) throw new Unprocessable('No target fits the filter.', { code: 'no_targets' });
    return targets;
  }
}

/**
 * Each wave with its gate. The canary is the first wave, whatever sites and tags are called; one that was asked for and
 * has nobody in it (a misspelt tag) would let all of them go at once.
 */
function gated(request: BatchRequest, waves: readonly PlannedWave<PreparedTarget>[]): PreparedWave[] {
  const { canary, canary_gate: canaryGate } = request.waves ?? {};
  if (canary && waves[0]?.label !== CANARY) {
    throw invalidFields([{ pointer: '/waves/canary', detail: 'fits none of the targets' }]);
  }
  return waves.map(({ label, targets }, index): PreparedWave => {
    const fields = (index === 0 && canary && canaryGate) || request.gate;
    return { label, targets, gate: fields ? toGateSpec(fields) : null };
  });
}

/**
 * In the order asked for, by id or by name where the kind finds by name; an id goes first. One that is named twice is one
 * target.
 */
async function named(sql: Sql, kind: TargetKind, names: readonly string[]): Promise<Target[]> {
  const found = await kind.find(sql, [...new Set(names)]);
  const byId = new Map(found.map((target) => [target.id, target]));
  const byLabel = new Map<string, Target[]>();
  for (const target of found) byLabel.set(target.label, [...(byLabel.get(target.label) ?? []), target]);
  const unknown = new Set<string>();
  const targets = new Set<Target>();
  for (const name of names) {
    const namesakes = byLabel.get(name) ?? [];
    if (!byId.has(name) && namesakes.length > 1) throw ambiguous(kind.kind, name, namesakes);
    const target = byId.get(name) ?? namesakes[0];
    if (target) targets.add(target);
    else unknown.add(name);
  }
  if (unknown.size > 0) throw unknownTargets(kind.kind, [...unknown]);
  return [...targets];
}

function ambiguous(kind: string, name: string, namesakes: readonly Target[]): Invalid {
  const ids = namesakes.map(({ id }) => id).slice(0, MOST_NAMED);
  const detail = `there is more than one ${kind} called ${name}: say which by its id, one of ${ids.join(', ')}`;
  return invalidFields([{ pointer: '/targets/ids', detail }]);
}

function unknownTargets(kind: string, unknown: readonly string[]): NotFound {
  return new NotFound(`${unknown.length} of the targets do not exist, such as ${kind} ${unknown[0]}.`, {
    code: 'unknown_targets',
    kind,
    unknown: unknown.slice(0, MOST_NAMED),
    unknown_count: unknown.length,
  });
}

async function filtered(sql: Sql, kind: TargetKind, filter: NonNullable<TargetFields['filter']>): Promise<Target[]> {
  const targets: Target[] = [];
  for (let after: string | null = null; ; after = targets.at(-1)!.id) {
    const page: Target[] = await kind.list(sql, { after, limit: FILTER_PAGE, filter });
    targets.push(...page);
    if (targets.length > MOST_TARGETS) {
      throw new Unprocessable(`More than ${MOST_TARGETS} targets fit the filter.`, { code: 'too_many_targets' });
    }
    if (page.length < FILTER_PAGE) return targets;
  }
}

interface PlannedBatch {
  readonly jobKind: string;
  readonly taken: readonly PreparedTarget[];
  readonly refused: readonly RefusedTarget[];
}

async function planTargets(
  sql: Sql,
  principal: Principal,
  { name, action }: { name: string; action: TargetAction },
  targets: readonly Target[],
  parameters: ActionRequest,
): Promise<PlannedBatch> {
  if (action.mode === 'delegated') {
    const refused = (await action.refuse?.(sql, principal, targets, parameters)) ?? [];
    const left = new Set(refused.map(({ id }) => id));
    const taken = targets.filter(({ id }) => !left.has(id));
    const jobs = taken.map((target) => delegatedJob(name, target, parameters, principal));
    return { jobKind: DELEGATED, taken: paired(taken, jobs), refused };
  }
  const { jobs, refused } = await action.plan(sql, principal, targets, parameters);
  const jobOf = new Map(jobs.map((job) => [job.targetId, job]));
  const taken = targets.filter(({ id }) => jobOf.has(id));
  return {
    jobKind: action.jobKind,
    taken: paired(
      taken,
      taken.map(({ id }) => jobOf.get(id)!),
    ),
    refused,
  };
}

function paired(targets: readonly Target[], jobs: readonly JobSpec[]): PreparedTarget[] {
  return targets.map((target, index) => {
    const { site, tags } = target;
    return { target, site, tags, job: { ...jobs[index]!, site, tags } };
  });
}

/** Whoever asks for a hundred targets and would get ninety has to say that this is what they want. */
function refuse(refused: readonly RefusedTarget[], policy: 'fail' | 'skip', taken: number): void {
  const [first] = refused;
  if (!first || (policy === 'skip' && taken > 0)) return;
  throw new Unprocessable(`${refused.length} of the targets cannot take part, such as ${first.id}: ${first.message}`, {
    code: 'targets_refused',
    refused: refused.slice(0, MOST_NAMED),
    refused_count: refused.length,
  });
}
