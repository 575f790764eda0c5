import type { DataSource } from 'typeorm';
import type { ClaimedJob } from './job-claims.js';
import type { JobRun } from './job-run.js';
import type { JobSaver } from './job-saver.js';
import { Limits } from './limits.js';
import type { Sql } from './sql.js';
import type { ClosedWindow, StartWindows } from './start-windows.js';
import { setStepStatus } from './step.js';
import { WINDOW, wakeJobs } from './wake-ups.js';

/** The longest a job sleeps for its window before it asks again: windows may be changed meanwhile. */
const LONGEST_SLEEP_MS = 3_600_000;

/** What must be had before a step begins: its job's window, where it does what cannot be taken back, and its limits. */
export class JobStarts {
  private readonly limits = new Limits();

  constructor(
    private readonly dataSource: DataSource,
    private readonly sql: Sql,
    private readonly windows: StartWindows,
  ) {}

  /** Starts the current step, or parks the job until it may: false then. */
  async start(run: JobRun, saver: JobSaver): Promise<boolean> {
    const step = run.step!;
    if (step.skip !== undefined) {
      setStepStatus(step, 'skipped', run.now(), step.skip);
      run.log(`${step.name}: skipped, ${step.skip}`);
      run.current += 1;
      return true;
    }
    // One that only has to ask what became of an act does nothing new.
    const closed = step.irreversible && step.sentAt === undefined ? await this.closedWindow(run) : null;
    if (closed) {
      await this.waitForWindow(run, saver, closed);
      return false;
    }
    if (!(await this.takeLimits(run, saver))) return false;
    // Not written by itself: the claim says who works on the job, and the next checkpoint is near. Whatever cannot be
    // taken back is announced by a write of its own.
    setStepStatus(step, 'running', run.now());
    run.log(`${step.name}: started`);
    return true;
  }

  async takeLimits(run: JobRun, saver: JobSaver): Promise<boolean> {
    const limits = run.step!.limits ?? [];
    if (limits.length === 0) return true;
    const full = await this.limits.acquire(this.sql, run.job.id, limits);
    if (full === null) {
      run.holdsLimits = true;
      return true;
    }
    await saver.park(
      { afterMs: null, waitingFor: `limit:${full}`, freeLimits: false },
      `Waits for a place in the limit ${full}`,
    );
    // A place that came free while we were writing has already looked for waiters: look again.
    if (await this.limits.hasRoom(this.sql, full, limits)) await wakeJobs(this.dataSource, [run.job.id]);
    return false;
  }

  closedWindow(run: JobRun): Promise<ClosedWindow | null> {
    return this.windows.when(windowJob(run.job), run.now());
  }

  /** The step is as if it had not been begun: its places are free for others, and its time does not run. */
  async waitForWindow(run: JobRun, saver: JobSaver, { openAt, why }: ClosedWindow): Promise<void> {
    const step = run.step!;
    if (step.status === 'running') setStepStatus(step, 'pending', run.now());
    if (step.message !== why) run.log(`${step.name}: ${why}`);
    step.message = why;
    const untilOpen = openAt === null ? LONGEST_SLEEP_MS : openAt.getTime() - run.now().getTime();
    const afterMs = Math.max(0, Math.min(untilOpen, LONGEST_SLEEP_MS));
    await saver.park({ afterMs, waitingFor: WINDOW, freeLimits: true }, why);
    run.holdsLimits = false;
  }
}

function windowJob({ id, batchId, targetKind, targetId, site, tags, calendar }: ClaimedJob) {
  return { id, batchId, targetKind, targetId, site, tags, calendar };
}
