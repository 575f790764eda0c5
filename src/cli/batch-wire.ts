/** What the command reads of the fleet API's answers (docs/fleet-api.md). Fields it does not use are not named. */
export type BatchOutcome = 'succeeded' | 'failed' | 'halted' | 'cancelled' | 'unknown';

export interface WaveAnswer {
  readonly wave: number;
  readonly label: string;
  readonly status: string;
  readonly jobs_total: number | null;
  readonly gate: { readonly verdict: string | null; readonly reason: string | null } | null;
}

export interface BatchAnswer {
  readonly id: string;
  readonly name: string | null;
  readonly dialect: string;
  readonly status: string;
  readonly outcome: BatchOutcome | null;
  readonly reason: string | null;
  readonly jobs_total: number;
  readonly created_by: string;
  readonly scheduled_for: string | null;
  readonly started_at: string | null;
  readonly paused: boolean;
  readonly paused_by: string | null;
  readonly approval: { readonly needed: number; readonly approved_at: string | null } | null;
}

export interface BatchDetailAnswer extends BatchAnswer {
  readonly progress: number;
  readonly jobs: Readonly<Record<string, number>>;
  readonly waves: readonly WaveAnswer[];
}

export interface JobAnswer {
  readonly wave: number;
  readonly target: { readonly label: string };
  readonly status: string;
  readonly unknown: boolean;
  readonly reason: string | null;
  readonly started_at: string | null;
  readonly finished_at: string | null;
}

export interface PageAnswer<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}
