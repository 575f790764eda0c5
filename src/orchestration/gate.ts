/**
 * What must hold before a batch goes on to its next wave. `gate` is pure and is the only place that decides it; no data
 * means HOLD.
 */
export interface GateSpec {
  /** Targets that may end other than well: failed, cancelled, or vanished. Both null: none. Both given: the fewer. */
  readonly maxFailures: number | null;
  readonly maxFailurePercent: number | null;
  /** Of these, targets of which nobody knows what became of them. */
  readonly maxUnknown: number;
  /** What somebody outside must have said about the wave after its jobs ended. */
  readonly checks: readonly GateCheckSpec[];
  /** Seconds after the wave's last job ended. */
  readonly soakS: number;
  readonly onBreach: GateAction;
}

export interface GateCheckSpec {
  readonly name: string;
  /** A result older than this many seconds says nothing; null: it stays good. */
  readonly maxAgeS: number | null;
}

/** halt: what has not started never does. pause: somebody decides. roll_back: halt, then undo what was done. */
export type GateAction = 'halt' | 'pause' | 'roll_back';

export type GateVerdict = 'ADVANCE' | 'HOLD' | 'HALT';

/** How the jobs of a wave ended. */
export interface WaveTally {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Of the failed. */
  readonly unknown: number;
  readonly cancelled: number;
  /** Planned and not there any more. */
  readonly vanished: number;
}

export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  readonly message: string;
  readonly at: Date;
}

export interface GateFacts {
  /** Targets the wave was planned with. */
  readonly total: number | null;
  /** Jobs that have not ended (may be capped). */
  readonly unfinished: number;
  /** So far; each may be capped anywhere above what the gate allows. */
  readonly failed: number;
  readonly unknown: number;
  readonly cancelled: number;
  /** Counted when the last job had ended, and null before. */
  readonly tally: WaveTally | null;
  readonly jobsEndedAt: Date | null;
  /** The last result of each check that was reported for this wave. */
  readonly checks: readonly CheckResult[];
}

export interface GateDecision {
  readonly verdict: GateVerdict;
  /** A sentence. */
  readonly reason: string;
  /** When the answer may change by itself; null: only when something happens. */
  readonly lookAgainAt: Date | null;
}

/**
 * The most targets of a wave that may end other than well. A fraction of a target is none; the small addition keeps 57 %
 * of 10,000 from being 5699 by binary fractions.
 */
export function allowedFailures(spec: Pick<GateSpec, 'maxFailures' | 'maxFailurePercent'>, total: number): number {
  const byPercent = spec.maxFailurePercent === null ? null : Math.floor((spec.maxFailurePercent * total) / 100 + 1e-9);
  const limits = [spec.maxFailures, byPercent].filter((limit) => limit !== null);
  return limits.length === 0 ? 0 : Math.min(...limits);
}

/** More failures, unknown outcomes or cancelled targets never turn a HALT into anything else. */
export function gate(spec: GateSpec, facts: GateFacts, now: Date): GateDecision {
  const { total } = facts;
  if (total === null || !isSound(facts)) return hold('There are no data about the wave');
  const breach = breachOf(spec, facts, total);
  if (breach !== null) return { verdict: 'HALT', reason: breach, lookAgainAt: null };
  if (facts.unfinished > 0) return hold('Not all jobs of the wave have ended');
  if (facts.tally === null || facts.jobsEndedAt === null) return hold('The wave has not been counted yet');
  return waitFor(spec, facts, facts.jobsEndedAt, now) ?? advance(facts.tally);
}

function isSound(facts: GateFacts): boolean {
  const { tally } = facts;
  const counts = [facts.total, facts.unfinished, facts.failed, facts.unknown, facts.cancelled];
  if (tally) counts.push(tally.total, tally.succeeded, tally.failed, tally.unknown, tally.cancelled, tally.vanished);
  if (counts.some((count) => !Number.isSafeInteger(count) || count! < 0)) return false;
  return tally === null || tally.succeeded + tally.failed + tally.cancelled + tally.vanished === tally.total;
}

function breachOf(spec: GateSpec, facts: GateFacts, total: number): string | null {
  const failed = Math.max(facts.failed, facts.tally?.failed ?? 0);
  const cancelled = Math.max(facts.cancelled, facts.tally?.cancelled ?? 0);
  const vanished = facts.tally?.vanished ?? 0;
  const unknown = Math.max(facts.unknown, facts.tally?.unknown ?? 0);
  const allowed = allowedFailures(spec, total);
  if (failed + cancelled + vanished > allowed) {
    const parts = [`${failed} failed`, `${cancelled} cancelled`, `${vanished} vanished`].filter(
      (p) => !p.startsWith('0'),
    );
    return `More than ${allowed} of ${total} targets did not end well: ${parts.join(', ')}`;
  }
  if (unknown > spec.maxUnknown) return `The outcome is unknown for more than ${spec.maxUnknown} of ${total} targets`;
  const wanted = new Set(spec.checks.map(({ name }) => name));
  const bad = facts.checks.find(({ name, passed }) => wanted.has(name) && !passed);
  return bad ? `The check ${bad.name} failed${bad.message ? `: ${bad.message}` : ''}` : null;
}

/** What the gate still waits for: the soak first, then each check. */
function waitFor(spec: GateSpec, facts: GateFacts, endedAt: Date, now: Date): GateDecision | null {
  const soaked = new Date(endedAt.getTime() + spec.soakS * 1000);
  // Written this way round so that a date that is none holds.
  if (!(now.getTime() >= soaked.getTime())) {
    return { verdict: 'HOLD', reason: `Soaks until ${isoOf(soaked)}`, lookAgainAt: validOrNull(soaked) };
  }
  for (const check of spec.checks) {
    const result = facts.checks.find(({ name }) => name === check.name);
    if (!result) return hold(`Waits for the check ${check.name}`);
    if (!(result.at.getTime() >= endedAt.getTime())) {
      return hold(`Waits for the check ${check.name}: its last result is older than the end of the wave`);
    }
    const ageS = (now.getTime() - result.at.getTime()) / 1000;
    if (check.maxAgeS !== null && !(ageS <= check.maxAgeS)) {
      return hold(`Waits for the check ${check.name}: its last result is older than ${check.maxAgeS} s`);
    }
  }
  return null;
}

function hold(reason: string): GateDecision {
  return { verdict: 'HOLD', reason, lookAgainAt: null };
}

function advance({ succeeded, total }: WaveTally): GateDecision {
  return { verdict: 'ADVANCE', reason: `${succeeded} of ${total} targets ended well`, lookAgainAt: null };
}

function validOrNull(at: Date): Date | null {
  return Number.isNaN(at.getTime()) ? null : at;
}

function isoOf(at: Date): string {
  return validOrNull(at)?.toISOString() ?? 'a time that is none';
}
