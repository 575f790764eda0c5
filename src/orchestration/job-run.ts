import { AbortRequest } from './abort-request.js';
import type { ClaimedJob } from './job-claims.js';
import type { Artifact, Attachments, LogLine } from './job-writes.js';
import type { LogLevel } from './job-log.entity.js';
import { firstUnfinished, progressOf, type StepRecord } from './step.js';

/**
 * One claim of a job, in memory: the steps as they will be written next, and the log lines and artifacts that go with
 * that write. Decides nothing and writes nothing.
 */
export class JobRun {
  readonly steps: StepRecord[];
  current: number;
  private logs: LogLine[] = [];
  private artifacts: Artifact[] = [];
  /** The running step's limits were taken in this claim. After a crash they may be held too: taking them again is free. */
  holdsLimits = false;
  /** The progress when the current step began to end: what a failed job is left with. */
  reached = 0;
  /** Something changed since the last write. */
  dirty = false;
  readonly abort = new AbortRequest(() => this.mustSettle);
  private readonly clockOffsetMs: number;

  constructor(readonly job: ClaimedJob) {
    this.steps = job.steps;
    this.current = firstUnfinished(job.steps, job.currentStep);
    this.abort.note(job.abortRequestedBy);
    this.clockOffsetMs = job.databaseNow.getTime() - Date.now();
  }

  get step(): StepRecord | undefined {
    return this.steps[this.current];
  }

  /** The current step has announced an irreversible act and it is not known yet what became of it. */
  get mustSettle(): boolean {
    return this.step?.status === 'running' && this.step.sentAt !== undefined;
  }

  /** Was it asked to stop, and is this a place where it may? Not when nothing but its end is left to be done. */
  get stopsHere(): boolean {
    if (this.abort.by === null || this.mustSettle || this.step?.status === 'failed') return false;
    return this.steps.slice(this.current).some(({ skip }) => skip === undefined);
  }

  /** The database's clock. */
  now(): Date {
    return new Date(Date.now() + this.clockOffsetMs);
  }

  log(text: string, level: LogLevel = 'info', step: number | null = this.current): void {
    this.logs.push({ step, level, at: this.now().toISOString(), text });
    this.dirty = true;
  }

  keep(artifact: Artifact): void {
    this.artifacts = [...this.artifacts.filter((a) => a.kind !== artifact.kind || a.name !== artifact.name), artifact];
    this.dirty = true;
  }

  setFraction(fraction: number): void {
    const step = this.step;
    if (!step || !Number.isFinite(fraction)) return;
    step.fraction = Math.max(step.fraction ?? 0, Math.min(1, Math.max(0, fraction)));
    this.dirty = true;
  }

  /** Milliseconds until the running step's time is over. */
  remainingMs(): number {
    const step = this.step;
    if (!step?.startedAt) return Infinity;
    return Date.parse(step.startedAt) + step.timeoutS * 1000 - this.now().getTime();
  }

  fields(overrides: { progress?: number; reason?: string | null } = {}) {
    return {
      phase: this.step?.phase ?? this.job.phase,
      progress: overrides.progress ?? progressOf(this.steps),
      currentStep: this.current,
      steps: this.steps,
      reason: overrides.reason ?? null,
    };
  }

  /** A write did not happen: what went with it goes with the next one. */
  putBack({ logs, artifacts }: Attachments): void {
    this.logs = [...logs, ...this.logs];
    const isNew = (artifact: Artifact) =>
      !this.artifacts.some((a) => a.kind === artifact.kind && a.name === artifact.name);
    this.artifacts = [...artifacts.filter(isNew), ...this.artifacts];
    this.dirty = true;
  }

  /** Hands over what must go with the next write. */
  take(): Attachments {
    const taken = { logs: this.logs, artifacts: this.artifacts };
    this.logs = [];
    this.artifacts = [];
    this.dirty = false;
    return taken;
  }
}
