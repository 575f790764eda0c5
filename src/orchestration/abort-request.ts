/**
 * Somebody's wish that a job in progress stops, as the process that holds the job knows it. It interrupts the running
 * step, unless that has announced an irreversible act: then the wish waits until the step is settled.
 */
export class AbortRequest {
  private readonly controller = new AbortController();
  private requestedBy: string | null = null;

  /** `mustSettle`: has the running step announced an act that must not be left unsettled? */
  constructor(private readonly mustSettle: () => boolean) {}

  /** Who wants the job stopped; null: nobody. */
  get by(): string | null {
    return this.requestedBy;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  note(by: string | null): void {
    if (by === null) return;
    this.requestedBy ??= by;
    if (!this.mustSettle()) this.controller.abort('aborting');
  }
}
