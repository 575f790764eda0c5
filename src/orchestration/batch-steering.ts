/** What halted a batch: a gate's verdict, the failure of a job in a batch that stops at failures, or its deadline. */
export type HaltedBy = 'gate' | 'failure' | 'deadline';

/** How many people must say yes, and to what. Who said it, and when, is kept by whoever counts them. */
export interface ApprovalNeed {
  readonly needed: number;
  /** Of the targets, versions, gates and calendar they say yes to. */
  readonly digest: string;
  /** ISO 8601; a yes that comes later counts for nothing. */
  readonly expiresAt: string | null;
}

/** Names of the windows and blackouts of a batch, or copies of them: what is inside is read by the calendar alone. */
export type BatchCalendar = Readonly<Record<string, unknown>>;
