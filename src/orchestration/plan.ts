import { gate, type GateDecision, type GateFacts, type GateSpec } from './gate.js';
import type { HaltedBy } from './batch-steering.js';
import type { BatchStatus, WaveStatus } from './states.js';

/**
 * The planner: what a batch should do now. Pure; `now` is an argument and what it knows of the jobs is a handful of
 * capped counts, so a decision costs the same for a batch of ten and of a hundred thousand.
 */
export interface BatchFacts {
  readonly status: BatchStatus;
  readonly mode: BatchMode;
  readonly onFailure: FailurePolicy;
  /** Jobs in progress at the same time; null: no limit. A sequential batch is always 1. */
  readonly maxParallel: number | null;
  readonly scheduledFor: Date | null;
  /** Somebody, or a gate, holds it. */
  readonly pausedAt: Date | null;
  readonly resumedAt: Date | null;
  /** Somebody stopped all of it. */
  readonly abortedBy: string | null;
  /** Null: it needs none. */
  readonly approval: object | null;
  readonly approvedAt: Date | null;
  readonly deadline: Date | null;
  readonly haltedBy: HaltedBy | null;
}

export type BatchMode = 'parallel' | 'sequential';
export type FailurePolicy = 'continue' | 'stop';

export interface WaveFacts {
  readonly ordinal: number;
  readonly status: WaveStatus;
  /** Jobs not released yet (may be capped at `RELEASE_WINDOW`). */
  readonly pending: number;
  /** Released, not claimed yet. */
  readonly queued: number;
  /** In progress: running or waiting (may be capped above the batch's limit). */
  readonly active: number;
  readonly firstFailed: number | null;
  /** The first whose failure halts a batch that stops at failures. */
  readonly firstCriticalFailed: number | null;
  readonly anySucceeded: boolean;
  readonly anyCancelled: boolean;
  readonly gate: WaveGate | null;
}

/** The gate behind a wave. `facts` are null where nobody has looked: then it holds. */
export interface WaveGate {
  readonly spec: GateSpec;
  /** Somebody took it upon themselves to let the batch go on. */
  readonly overridden: boolean;
  readonly facts: GateFacts | null;
}

export type EndStatus = Extract<BatchStatus, 'succeeded' | 'failed' | 'cancelled'>;

export type Action =
  | { readonly kind: 'start' }
  | { readonly kind: 'miss'; readonly lateS: number; readonly unapproved: boolean }
  | { readonly kind: 'expire' }
  | { readonly kind: 'open'; readonly wave: number }
  | { readonly kind: 'release'; readonly wave: number; readonly count: number }
  /** All jobs of the wave have ended, and its gate does not let the batch go on yet. */
  | { readonly kind: 'hold'; readonly wave: number; readonly decision: GateDecision }
  /** The gate says no. */
  | { readonly kind: 'breach'; readonly wave: number; readonly spec: GateSpec; readonly decision: GateDecision }
  | { readonly kind: 'close'; readonly wave: number; readonly decision: GateDecision | null }
  | { readonly kind: 'halt'; readonly failedJob: number }
  | { readonly kind: 'finish'; readonly status: EndStatus };

/** Wake-ups of one batch that are under way at the same time. More would only lengthen the queue. */
export const RELEASE_WINDOW = 500;

export function plan(batch: BatchFacts, waves: readonly WaveFacts[], now: Date, graceS: number): Action[] {
  if (batch.status === 'scheduled') return planScheduled(batch, waves, now, graceS);
  if (batch.status !== 'running') return [];
  const stop = haltOf(batch, waves) ?? expiryOf(batch, waves, now) ?? breachOf(batch, waves, now);
  return stop ? [stop] : planWaves(batch, waves, now);
}

/** When the plan may change by itself; null: only when something happens. */
export function lookAgainAt(batch: BatchFacts, waves: readonly WaveFacts[], now: Date): Date | null {
  if (batch.status !== 'running' && batch.status !== 'scheduled') return null;
  const times = waves.map((wave) => decide(batch, wave, now)?.lookAgainAt ?? null);
  if (batch.deadline && batch.deadline > now && isUnstarted(waves)) times.push(batch.deadline);
  return times.reduce((first, at) => (at !== null && (first === null || at < first) ? at : first), null);
}

/** One whose jobs were all cancelled, or failed because it was missed, has nothing left to wait for. */
function planScheduled(batch: BatchFacts, waves: readonly WaveFacts[], now: Date, graceS: number): Action[] {
  const isOver = waves.length > 0 && waves.every((wave) => left(wave) === 0);
  if (isOver) return [{ kind: 'finish', status: outcome(batch, waves) }];
  const expiry = expiryOf(batch, waves, now);
  if (expiry) return [expiry];
  // One that was held over its time is due when it is let go: somebody decided that, so it is not late.
  const dueMs = Math.max(batch.scheduledFor?.getTime() ?? now.getTime(), batch.resumedAt?.getTime() ?? -Infinity);
  const lateMs = now.getTime() - dueMs;
  if (lateMs < 0 || batch.pausedAt !== null) return [];
  const unapproved = awaitsApproval(batch);
  if (lateMs > graceS * 1000) return [{ kind: 'miss', lateS: Math.floor(lateMs / 1000), unapproved }];
  return unapproved ? [] : [{ kind: 'start' }];
}

function haltOf(batch: BatchFacts, waves: readonly WaveFacts[]): Action | null {
  const failed = waves.find((wave) => wave.firstCriticalFailed !== null)?.firstCriticalFailed ?? null;
  if (failed === null || batch.onFailure !== 'stop' || !isUnstarted(waves)) return null;
  return { kind: 'halt', failedJob: failed };
}

function expiryOf(batch: BatchFacts, waves: readonly WaveFacts[], now: Date): Action | null {
  if (batch.deadline === null || now < batch.deadline || !isUnstarted(waves)) return null;
  return { kind: 'expire' };
}

/** A gate that says no says it once: a batch that is halted, or paused already, is not halted or paused by it again. */
function breachOf(batch: BatchFacts, waves: readonly WaveFacts[], now: Date): Action | null {
  for (const wave of waves) {
    const decision = decide(batch, wave, now);
    if (decision?.verdict !== 'HALT') continue;
    const { spec } = wave.gate!;
    if (spec.onBreach === 'pause' && batch.pausedAt !== null) return null;
    return { kind: 'breach', wave: wave.ordinal, spec, decision };
  }
  return null;
}

function planWaves(batch: BatchFacts, waves: readonly WaveFacts[], now: Date): Action[] {
  const actions: Action[] = [];
  for (const wave of waves) {
    if (isOver(wave)) continue;
    if (wave.status === 'pending') {
      if (mayStartNothing(batch) && isAnyLeft(waves)) return actions;
      actions.push({ kind: 'open', wave: wave.ordinal });
    }
    if (left(wave) > 0) {
      const count = mayStartNothing(batch) ? 0 : room(batch, wave);
      if (count > 0) actions.push({ kind: 'release', wave: wave.ordinal, count });
      return actions;
    }
    const decision = decide(batch, wave, now);
    // A gate that is passed is passed on the way to the next wave: what it said before a pause is no answer after it.
    if (decision !== null && (decision.verdict !== 'ADVANCE' || (mayStartNothing(batch) && isAnyLeft(waves)))) {
      actions.push({ kind: 'hold', wave: wave.ordinal, decision });
      return actions;
    }
    actions.push({ kind: 'close', wave: wave.ordinal, decision });
  }
  actions.push({ kind: 'finish', status: outcome(batch, waves) });
  return actions;
}

/**
 * What the wave's gate says; null: nothing asks it. A batch that somebody stopped, or that is halted, has nothing left to
 * go on to, and must be able to end.
 */
function decide(batch: BatchFacts, wave: WaveFacts, now: Date): GateDecision | null {
  if (wave.gate === null || wave.gate.overridden || isOver(wave)) return null;
  if (batch.abortedBy !== null || batch.haltedBy !== null) return null;
  if (wave.gate.facts === null) {
    return { verdict: 'HOLD', reason: 'There are no data about the wave', lookAgainAt: null };
  }
  return gate(wave.gate.spec, wave.gate.facts, now);
}

function awaitsApproval(batch: BatchFacts): boolean {
  return batch.approval !== null && batch.approvedAt === null;
}

function mayStartNothing(batch: BatchFacts): boolean {
  return batch.pausedAt !== null || awaitsApproval(batch) || batch.haltedBy !== null;
}

function isOver(wave: WaveFacts): boolean {
  return wave.status === 'done' || wave.status === 'halted';
}

function left(wave: WaveFacts): number {
  return wave.pending + wave.queued + wave.active;
}

function isAnyLeft(waves: readonly WaveFacts[]): boolean {
  return waves.some((wave) => left(wave) > 0);
}

function isUnstarted(waves: readonly WaveFacts[]): boolean {
  return waves.some((wave) => wave.pending + wave.queued > 0);
}

function room(batch: BatchFacts, wave: WaveFacts): number {
  const limit = concurrency(batch);
  const byLimit = limit === null ? Infinity : limit - wave.queued - wave.active;
  return Math.max(0, Math.min(wave.pending, RELEASE_WINDOW - wave.queued, byLimit));
}

/** Jobs of the batch that may be in progress at the same time; null: no limit. */
export function concurrency(batch: Pick<BatchFacts, 'mode' | 'maxParallel'>): number | null {
  return batch.mode === 'sequential' ? 1 : batch.maxParallel;
}

/** One that was halted has not done what it was to do, however well what it did went. */
function outcome(batch: BatchFacts, waves: readonly WaveFacts[]): EndStatus {
  if (batch.haltedBy !== null || waves.some((wave) => wave.firstFailed !== null)) return 'failed';
  if (batch.abortedBy !== null && waves.some((wave) => wave.anyCancelled)) return 'cancelled';
  return waves.some((wave) => wave.anySucceeded) ? 'succeeded' : 'cancelled';
}

/**
 * How few queued jobs a batch may have before it must be planned again: a limited batch refills at once, an unlimited
 * one when half its window is used up.
 */
export function lowWater(batch: Pick<BatchFacts, 'mode' | 'maxParallel'>): number {
  const limit = concurrency(batch);
  return limit === null || limit > RELEASE_WINDOW ? RELEASE_WINDOW / 2 : limit;
}
