import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { isDatabaseUnavailable } from '../database/pg-errors.js';
import { PreparedSql } from '../database/prepared-sql.js';
import { claimJob } from './job-claims.js';
import { JobEnds } from './job-ends.js';
import { JobKinds, UNKNOWN_KIND } from './job-kinds.js';
import { JobRun } from './job-run.js';
import { JobSaver } from './job-saver.js';
import { JobStarts } from './job-starts.js';
import { StartWindows } from './start-windows.js';
import { assertMayGoOn, progressOf, setStepStatus } from './step.js';
import { callStep, LostJob, type StepEnd, type StopReason } from './step-call.js';
import { verdictOf, type Verdict } from './step-end.js';
import type { JobKind } from './step-handler.js';
import { OrchestrationMetrics } from './orchestration-metrics.js';

/** How old what others see of a running job may be. */
const CHECKPOINT_MS = 250;

interface HeldJob {
  readonly controller: AbortController;
  /** Once it is claimed. */
  run: JobRun | null;
  /** A wake-up came while it was held. */
  wokenAgain: boolean;
}

/**
 * Runs jobs: claims one, calls its steps' handlers, and records what became of them. It alone calls handlers, always
 * between two transactions and never inside one.
 */
@Injectable()
export class RunnerService {
  private readonly logger = new Logger(RunnerService.name);
  private readonly held = new Map<number, HeldJob>();
  private readonly starts: JobStarts;
  private readonly ends: JobEnds;
  private stopping = false;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly sql: PreparedSql,
    private readonly kinds: JobKinds,
    metrics: OrchestrationMetrics,
    windows: StartWindows,
  ) {
    this.starts = new JobStarts(dataSource, sql, windows);
    this.ends = new JobEnds(metrics);
  }

  /** Does this process work on the job, or is it about to claim it? */
  holds(jobId: number): boolean {
    return this.held.has(jobId);
  }

  /** Stops at once whatever runs here: the process was taken for dead, its jobs are somebody else's. */
  abandonAll(): void {
    for (const { controller } of this.held.values()) controller.abort('lost' satisfies StopReason);
  }

  /** No new steps from now on; a running one ends first. */
  stopAtNextStep(): void {
    this.stopping = true;
  }

  /** Ends running steps too; their jobs are given to other workers. */
  interruptAll(): void {
    for (const { controller } of this.held.values()) controller.abort('stopping' satisfies StopReason);
  }

  /** Somebody wants the job stopped. A second time changes nothing. */
  abort(jobId: number, by: string): void {
    this.held.get(jobId)?.run?.abort.note(by);
  }

  /** Works on a job until it ends, waits, or is no longer ours. Never rejects for what a handler does. */
  async run(jobId: number, workerId: string): Promise<void> {
    const other = this.held.get(jobId);
    if (other) {
      // It may have just parked the job and be on its way out: the wake-up must not be lost between the two.
      other.wokenAgain = true;
      return this.lookForAbort(jobId, other);
    }
    const held: HeldJob = { controller: new AbortController(), run: null, wokenAgain: false };
    // Before the claim, so that the heartbeat's look at what is ours never sees a claimed job nobody holds.
    this.held.set(jobId, held);
    try {
      do {
        held.wokenAgain = false;
        await this.runOnce(jobId, workerId, held);
        // An abandoned job is taken up by whoever recovers it, not under this worker's old name.
      } while (held.wokenAgain && !held.controller.signal.aborted);
    } finally {
      this.held.delete(jobId);
    }
  }

  /** What wakes a job that is at work is most likely a wish to stop it. */
  private async lookForAbort(jobId: number, held: HeldJob): Promise<void> {
    const [row] = await this.sql.query<{ by: string | null }[]>(
      'select abort_requested_by as by from jobs where id = $1',
      [jobId],
    );
    held.run?.abort.note(row?.by ?? null);
  }

  private async runOnce(jobId: number, workerId: string, held: HeldJob): Promise<void> {
    held.run = null;
    try {
      const job = await claimJob(this.sql, jobId, workerId);
      if (!job) return;
      held.run = new JobRun(job);
      await this.work(held.run, held.controller.signal);
    } catch (error) {
      if (!(error instanceof LostJob)) throw error;
      this.logger.warn(`Job ${jobId} is no longer this process's: ${error.message}`);
    }
  }

  private async work(run: JobRun, stop: AbortSignal): Promise<void> {
    const saver = new JobSaver(this.dataSource, this.sql, run);
    let kind = UNKNOWN_KIND;
    let subject: unknown;
    try {
      kind = this.kinds.get(run.job.kind);
      if (!run.stopsHere) {
        assertMayGoOn(run.step);
        subject = await kind.load(run.job, { keepLog: (text) => run.log(text) });
      }
    } catch (error) {
      if (isDatabaseUnavailable(error)) return void (await saver.release());
      return this.ends.failBeforeStep(run, saver, kind, error);
    }
    try {
      await this.workThrough(run, saver, kind, subject, stop);
    } catch (error) {
      if (error instanceof LostJob || isDatabaseUnavailable(error)) throw error;
      // A mistake of ours must not leave the job in progress for ever.
      this.logger.error(`Job ${run.job.id}: ${error instanceof Error ? error.stack : String(error)}`);
      await this.ends.failBeforeStep(run, saver, kind, error);
    }
  }

  private async workThrough(
    run: JobRun,
    saver: JobSaver,
    kind: JobKind<unknown>,
    subject: unknown,
    stop: AbortSignal,
  ): Promise<void> {
    while (run.step) {
      if (run.stopsHere) return this.ends.cancel(run, saver, kind);
      if (this.stopping || stop.aborted) return this.giveBack(run, saver, stop);
      if (run.step.status === 'pending' && !(await this.starts.start(run, saver))) return;
      if (run.step?.status !== 'running') continue;
      if (!(await this.settle(run, saver, kind, subject, stop))) return;
    }
    await this.ends.succeed(run, saver, kind);
  }

  /** Calls the running step and does what the verdict says. False: nothing more to do here now. */
  private async settle(
    run: JobRun,
    saver: JobSaver,
    kind: JobKind<unknown>,
    subject: unknown,
    stop: AbortSignal,
  ): Promise<boolean> {
    const step = run.step!;
    if (!run.holdsLimits && !(await this.starts.takeLimits(run, saver))) return false;
    const wasAsked = step.sentAt !== undefined;
    const checkpoint = setInterval(() => run.dirty && saver.checkpoint(), CHECKPOINT_MS);
    let end: StepEnd;
    try {
      const handler = kind.steps[step.kind];
      if (!handler) throw new Error(`No handler for steps of kind ${step.kind}`);
      end = await callStep(run, step, handler, subject, stop, {
        save: () => saver.save(),
        saveWith: (write) => saver.saveWith(write),
        closedWindow: () => this.starts.closedWindow(run),
      });
    } finally {
      clearInterval(checkpoint);
    }
    run.reached = progressOf(run.steps);
    if (end.end === 'error' && !wasAsked && step.sentAt && !end.retryable) {
      step.state = { ...step.state, error: end.message };
    }
    return this.apply(run, saver, kind, verdictOf(end, step, wasAsked, run.remainingMs()), stop);
  }

  private async apply(
    run: JobRun,
    saver: JobSaver,
    kind: JobKind<unknown>,
    verdict: Verdict,
    stop: AbortSignal,
  ): Promise<boolean> {
    const step = run.step!;
    switch (verdict.to) {
      case 'stop':
        await this.giveBack(run, saver, stop, verdict.why);
        return false;
      case 'cancel':
        await this.ends.cancel(run, saver, kind, verdict.message);
        return false;
      case 'window':
        await this.starts.waitForWindow(run, saver, verdict.closed);
        return false;
      case 'call':
        run.log(`${step.name}: ${verdict.log}`, 'warning');
        if (verdict.settled) {
          delete step.sentAt;
          step.tries = (step.tries ?? 0) + 1;
        }
        await saver.save();
        return true;
      case 'again':
        if (verdict.freeLimits) step.tries = (step.tries ?? 0) + 1;
        if (step.message !== verdict.reason) run.log(`${step.name}: ${verdict.reason}`);
        step.message = verdict.reason;
        await saver.park(
          { afterMs: verdict.afterMs, waitingFor: verdict.until ?? null, freeLimits: verdict.freeLimits },
          verdict.reason,
        );
        return false;
      case 'next':
        await this.ends.endStep(run, saver, verdict);
        return true;
      case 'finished':
        await this.ends.endStep(run, saver, { ...verdict, status: 'success' });
        for (const rest of run.steps.slice(run.current)) setStepStatus(rest, 'skipped', run.now(), verdict.message);
        run.current = run.steps.length;
        return true;
      case 'failed':
        return this.ends.failStep(run, saver, kind, verdict);
    }
  }

  private async giveBack(run: JobRun, saver: JobSaver, stop: AbortSignal, why?: StopReason): Promise<void> {
    if (why === 'lost' || stop.reason === 'lost') throw new LostJob('taken over by another process');
    run.log('this process is stopping; another one goes on', 'warning');
    await saver.release();
  }
}
