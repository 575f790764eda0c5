import { Injectable } from '@nestjs/common';
import type { BatchCalendar } from './batch-steering.js';
import type { Job } from './job.entity.js';

/** What a calendar may know of a job. */
export type WindowJob = Pick<Job, 'id' | 'batchId' | 'targetKind' | 'targetId' | 'site' | 'tags'> & {
  readonly calendar: BatchCalendar | null;
};

/** Why something that cannot be taken back may not be begun now, and when it may. */
export interface ClosedWindow {
  /** Null: not in sight; it is asked again after a while. */
  readonly openAt: Date | null;
  /** A sentence for the job's reason. */
  readonly why: string;
}

export interface StartCalendar {
  /** Null: now is fine. Reads what it needs by itself; it is called between transactions. */
  when(job: WindowJob, now: Date): Promise<ClosedWindow | null>;
}

/** A port: whoever knows windows and blackouts registers here. Without a calendar it is always open. */
@Injectable()
export class StartWindows {
  private calendar: StartCalendar | null = null;

  register(calendar: StartCalendar): void {
    if (this.calendar) throw new Error('There is a calendar already');
    this.calendar = calendar;
  }

  async when(job: WindowJob, now: Date): Promise<ClosedWindow | null> {
    return (await this.calendar?.when(job, now)) ?? null;
  }
}
