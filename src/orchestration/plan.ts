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
}

export type Action =
  | { readonly kind: 'start' }
  | { readonly kind: 'miss'; readonly lateS: number }
  | { readonly kind: 'open'; readonly wave: number }
  | { readonly kind: 'release'; readonly wave: number; readonly count: number }
  | { readonly kind: 'close'; readonly wave: number }
  | { readonly kind: 'halt'; readonly failedJob: number }
  | { readonly kind: 'finish'; readonly status: Extract<BatchStatus, 'succeeded' | 'failed' | 'cancelled'> };

/** Wake-ups of one batch that are under way at the same time. More would only lengthen the queue. */
export const RELEASE_WINDOW = 500;

export function plan(batch: BatchFacts, waves: readonly WaveFacts[], now: Date, graceS: number): Action[] {
  if (batch.status === 'scheduled') return planScheduled(batch, waves, now, graceS);
  if (batch.status !== 'running') return [];
  const failed = waves.find((wave) => wave.firstCriticalFailed !== null)?.firstCriticalFailed ?? null;
  const unstarted = waves.some((wave) => wave.pending + wave.queued > 0);
  if (failed !== null && batch.onFailure === 'stop' && unstarted) return [{ kind: 'halt', failedJob: failed }];
  return planWaves(batch, waves);
}

/** One whose jobs were all cancelled, or failed because it was missed, has nothing left to wait for. */
function planScheduled(batch: BatchFacts, waves: readonly WaveFacts[], now: Date, graceS: number): Action[] {
  const isOver = waves.length > 0 && waves.every((wave) => wave.pending + wave.queued + wave.active === 0);
  if (isOver) return [{ kind: 'finish', status: outcome(waves) }];
  const lateMs = now.getTime() - (batch.scheduledFor?.getTime() ?? now.getTime());
  if (lateMs < 0) return [];
  return lateMs > graceS * 1000 ? [{ kind: 'miss', lateS: Math.floor(lateMs / 1000) }] : [{ kind: 'start' }];
}

function planWaves(batch: BatchFacts, waves: readonly WaveFacts[]): Action[] {
  const actions: Action[] = [];
  for (const wave of waves) {
    if (wave.status === 'done' || wave.status === 'halted') continue;
    if (wave.status === 'pending') actions.push({ kind: 'open', wave: wave.ordinal });
    if (wave.pending + wave.queued + wave.active > 0) {
      const count = room(batch, wave);
      if (count > 0) actions.push({ kind: 'release', wave: wave.ordinal, count });
      return actions;
    }
    actions.push({ kind: 'close', wave: wave.ordinal });
  }
  actions.push({ kind: 'finish', status: outcome(waves) });
  return actions;
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

function outcome(waves: readonly WaveFacts[]): 'succeeded' | 'failed' | 'cancelled' {
  if (waves.some((wave) => wave.firstFailed !== null)) return 'failed';
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
