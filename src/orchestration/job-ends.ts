import type { JobRun } from './job-run.js';
import type { JobSaver } from './job-saver.js';
import type { OrchestrationMetrics } from './orchestration-metrics.js';
import { progressOf, setStepStatus } from './step.js';
import type { Verdict } from './step-end.js';
import type { JobKind } from './step-handler.js';

/** How a held job and its steps come to an end: what is set, logged, written and counted. */
export class JobEnds {
  constructor(private readonly metrics: OrchestrationMetrics) {}

  async succeed(run: JobRun, saver: JobSaver, kind: JobKind<unknown>): Promise<void> {
    await saver.end(kind, 'succeeded', null);
    this.metrics.jobEnded(run.job.kind, 'succeeded');
  }

  /** The job was asked to stop; its step is not in the middle of what cannot be taken back. */
  async cancel(run: JobRun, saver: JobSaver, kind: JobKind<unknown>, why?: string): Promise<void> {
    const message = why ?? `stopped by ${run.abort.by}`;
    const step = run.step;
    run.reached = progressOf(run.steps);
    if (step?.status === 'running') {
      setStepStatus(step, 'failed', run.now(), message);
      this.metrics.stepEnded(run.job.kind, step);
    }
    run.log(step === undefined ? message : `${step.name}: ${message}`, 'warning');
    await saver.end(kind, 'cancelled', why ?? `Stopped by ${run.abort.by}`);
    this.metrics.jobEnded(run.job.kind, 'cancelled');
  }

  async endStep(
    run: JobRun,
    saver: JobSaver,
    end: Pick<Extract<Verdict, { to: 'next' }>, 'status' | 'message' | 'result'>,
  ): Promise<void> {
    const step = run.step!;
    delete step.message;
    setStepStatus(step, end.status, run.now(), end.message);
    if (end.result) step.result = end.result;
    run.log(
      `${step.name}: ${end.status}${end.message ? `, ${end.message}` : ''}`,
      end.status === 'warning' ? 'warning' : 'info',
    );
    this.metrics.stepEnded(run.job.kind, step);
    run.current += 1;
    // Its limits must not stay taken while the next step waits for others, and what must not happen twice is recorded
    // before anything else does.
    const freeLimits = (step.limits?.length ?? 0) > 0;
    if (run.step && (freeLimits || !step.repeatable)) await saver.save({ freeLimits });
    run.holdsLimits = false;
  }

  async failStep(
    run: JobRun,
    saver: JobSaver,
    kind: JobKind<unknown>,
    failure: Extract<Verdict, { to: 'failed' }>,
  ): Promise<boolean> {
    const step = run.step!;
    setStepStatus(step, 'failed', run.now(), failure.message);
    if (failure.result) step.result = failure.result;
    if (failure.unknown) step.unknown = true;
    run.log(`${step.name}: failed, ${failure.message}`, 'error');
    this.metrics.stepEnded(run.job.kind, step);
    if (step.continueOnFailure && !failure.unknown) {
      run.current += 1;
      await saver.save({ freeLimits: true });
      run.holdsLimits = false;
      return true;
    }
    await saver.end(kind, 'failed', failure.message);
    this.metrics.jobEnded(run.job.kind, 'failed');
    return false;
  }

  async failBeforeStep(run: JobRun, saver: JobSaver, kind: JobKind<unknown>, error: unknown): Promise<void> {
    const message = error instanceof Error ? error.message : String(error);
    const step = run.step;
    if (step?.status === 'pending') setStepStatus(step, 'running', run.now());
    if (step?.status === 'running') setStepStatus(step, 'failed', run.now(), message);
    if (step?.sentAt) step.unknown = true;
    run.log(`failed, ${message}`, 'error');
    await saver.end(kind, 'failed', message);
    this.metrics.jobEnded(run.job.kind, 'failed');
  }
}
