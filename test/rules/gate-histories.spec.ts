import fc from 'fast-check';
import type { CheckResult, GateAction, GateSpec, WaveTally } from '../../src/orchestration/gate.js';
import { plan, type Action, type BatchFacts, type WaveFacts } from '../../src/orchestration/plan.js';

/**
 * Random histories of batches with gates: jobs start, end in every way and vanish, checks are reported, people pause, resume,
 * override and abort, time passes, and in between the planner plans. What it does is compared with the gates' conditions
 * as they are counted here, from the jobs themselves and with whole numbers.
 */
const RUNS = 100_000;
const START = Date.parse('2027-01-01T00:00:00Z');
/** The planner may see no more than this many of anything, as in the database. */
const CAP = 3;

type JobState = 'pending' | 'queued' | 'active' | 'succeeded' | 'failed' | 'unknown' | 'cancelled' | 'vanished';

interface ModelJob {
  state: JobState;
  endedMs: number;
}

interface ModelWave {
  status: WaveFacts['status'];
  readonly gate: GateSpec | null;
  readonly planned: number;
  readonly jobs: ModelJob[];
  overridden: boolean;
  endedMs: number | null;
  tally: WaveTally | null;
  readonly checks: Map<string, CheckResult>;
}

const ENDS: readonly JobState[] = ['succeeded', 'succeeded', 'succeeded', 'failed', 'unknown', 'cancelled'];

/** Draws whole numbers from what fast-check gave; zeros when that is used up. */
class Dice {
  private at = 0;
  constructor(private readonly numbers: readonly number[]) {}

  get isLeft(): boolean {
    return this.at < this.numbers.length;
  }

  below(limit: number): number {
    return (this.numbers[this.at++] ?? 0) % limit;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}

class Model {
  nowMs = START;
  readonly batch: { -readonly [K in keyof BatchFacts]: BatchFacts[K] };
  readonly waves: ModelWave[];
  hasBreached = false;
  ended: string | null = null;

  constructor(private readonly dice: Dice) {
    this.batch = {
      status: 'running',
      mode: 'parallel',
      onFailure: 'continue',
      maxParallel: dice.of([null, null, 1, 2]),
      scheduledFor: null,
      pausedAt: null,
      resumedAt: null,
      abortedBy: null,
      approval: null,
      approvedAt: null,
      deadline: null,
      haltedBy: null,
    };
    this.waves = Array.from({ length: 1 + dice.below(3) }, () => this.drawWave());
  }

  private drawWave(): ModelWave {
    const planned = 1 + this.dice.below(4);
    const gate = this.dice.below(4) === 0 ? null : this.drawGate();
    const jobs = Array.from({ length: planned }, (): ModelJob => ({ state: 'pending', endedMs: 0 }));
    return { status: 'pending', gate, planned, jobs, overridden: false, endedMs: null, tally: null, checks: new Map() };
  }

  private drawGate(): GateSpec {
    const { dice } = this;
    return {
      maxFailures: dice.of([null, 0, 1, 2]),
      maxFailurePercent: dice.of([null, 0, 25, 50, 100]),
      maxUnknown: dice.of([0, 0, 1]),
      checks: dice.of<GateSpec['checks']>([[], [], [{ name: 'a', maxAgeS: null }], [{ name: 'a', maxAgeS: 30 }]]),
      soakS: dice.of([0, 0, 60]),
      onBreach: dice.of<GateAction>(['halt', 'halt', 'pause', 'roll_back']),
    };
  }

  get now(): Date {
    return new Date(this.nowMs);
  }

  /** One thing happens, at most. */
  happen(): void {
    const wave = this.dice.of(this.waves);
    const job = this.dice.of(wave.jobs);
    switch (this.dice.below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return this.workOn(job);
      case 5:
        if (job.state === 'pending' || job.state === 'queued') this.end(job, this.dice.of(['cancelled', 'vanished']));
        return;
      case 6:
      case 7:
        this.nowMs += this.dice.of([1_000, 10_000, 31_000, 60_000]);
        return;
      case 8:
      case 9:
        if (wave.status !== 'open' && wave.status !== 'holding') return;
        wave.checks.set('a', { name: 'a', passed: this.dice.below(4) > 0, message: '', at: this.now });
        return;
      case 10:
        return this.pauseOrResume();
      default:
        if (this.dice.below(6) === 0) this.abort();
    }
  }

  private workOn(job: ModelJob): void {
    if (job.state === 'queued') job.state = 'active';
    else if (job.state === 'active') this.end(job, this.dice.of(ENDS));
  }

  private end(job: ModelJob, state: JobState): void {
    job.state = state;
    job.endedMs = this.nowMs;
  }

  private pauseOrResume(): void {
    if (this.batch.pausedAt === null) {
      this.batch.pausedAt = this.now;
      return this.takeBack();
    }
    const breach = plan({ ...this.batch, pausedAt: null }, this.facts(), this.now, 0).find(isBreach);
    if (breach && this.dice.below(2) === 0) return;
    if (breach) this.waves[breach.wave]!.overridden = true;
    this.batch.pausedAt = null;
  }

  private takeBack(): void {
    for (const job of this.allJobs()) if (job.state === 'queued') job.state = 'pending';
  }

  private abort(): void {
    this.batch.abortedBy = 'somebody';
    for (const job of this.allJobs()) {
      if (['pending', 'queued', 'active'].includes(job.state)) this.end(job, 'cancelled');
    }
  }

  allJobs(): ModelJob[] {
    return this.waves.flatMap(({ jobs }) => jobs);
  }

  /** What the statements of `wave-facts.ts` would read. */
  facts(): WaveFacts[] {
    return this.waves.map((wave, ordinal): WaveFacts => {
      const count = (...states: JobState[]) => wave.jobs.filter(({ state }) => states.includes(state)).length;
      const cap = (found: number) => Math.min(found, Math.max(CAP, wave.planned + 1));
      const failed = count('failed', 'unknown');
      const [pending, queued, active] = [count('pending'), count('queued'), count('active')];
      const isAsked = wave.status === 'open' || wave.status === 'holding';
      const facts = isAsked
        ? {
            total: wave.planned,
            unfinished: pending + queued + active,
            failed: cap(failed),
            unknown: cap(count('unknown')),
            cancelled: cap(count('cancelled')),
            tally: wave.tally,
            jobsEndedAt: wave.endedMs === null ? null : new Date(wave.endedMs),
            checks: [...wave.checks.values()],
          }
        : null;
      return {
        ordinal,
        status: wave.status,
        pending,
        queued,
        active,
        firstFailed: failed > 0 ? 1 : null,
        firstCriticalFailed: failed > 0 ? 1 : null,
        anySucceeded: count('succeeded') > 0,
        anyCancelled: count('cancelled') > 0,
        gate: wave.gate && { spec: wave.gate, overridden: wave.overridden, facts },
      };
    });
  }

  /** Does what the plan says, as `advance.service.ts` would. */
  apply(action: Action): void {
    switch (action.kind) {
      case 'open':
        this.waves[action.wave]!.status = 'open';
        return;
      case 'close':
        this.waves[action.wave]!.status = 'done';
        return;
      case 'release': {
        const waiting = this.waves[action.wave]!.jobs.filter(({ state }) => state === 'pending');
        for (const job of waiting.slice(0, action.count)) job.state = 'queued';
        return;
      }
      case 'hold':
        return this.count(this.waves[action.wave]!);
      case 'breach':
        return this.breach(action);
      case 'finish':
        this.ended = action.status;
        return;
      default:
        throw new Error(`nothing here should make it ${action.kind}`);
    }
  }

  private count(wave: ModelWave): void {
    if (wave.status === 'holding') return;
    const count = (...states: JobState[]) => wave.jobs.filter(({ state }) => states.includes(state)).length;
    wave.status = 'holding';
    wave.endedMs = Math.max(...wave.jobs.map(({ endedMs }) => endedMs));
    wave.tally = {
      total: wave.planned,
      succeeded: count('succeeded'),
      failed: count('failed', 'unknown'),
      unknown: count('unknown'),
      cancelled: count('cancelled'),
      vanished: count('vanished'),
    };
  }

  private breach({ spec }: Extract<Action, { kind: 'breach' }>): void {
    this.hasBreached = true;
    if (spec.onBreach === 'pause') {
      this.batch.pausedAt = this.now;
      return this.takeBack();
    }
    this.batch.haltedBy = 'gate';
    for (const job of this.allJobs()) {
      if (job.state === 'pending' || job.state === 'queued') this.end(job, 'cancelled');
    }
    for (const wave of this.waves) {
      const isIdle = wave.jobs.every(({ state }) => state !== 'active');
      if (isIdle && wave.status !== 'done') wave.status = 'halted';
    }
  }
}

function isBreach(action: Action): action is Extract<Action, { kind: 'breach' }> {
  return action.kind === 'breach';
}

/** The gate's conditions, said again and differently: nothing here is taken from `gate.ts`. */
function isMet(wave: ModelWave, nowMs: number): boolean {
  const { gate, jobs, planned } = wave;
  if (gate === null) return true;
  const bad = planned - jobs.filter(({ state }) => state === 'succeeded').length;
  const byNumber = gate.maxFailures === null || bad <= gate.maxFailures;
  const byPercent = gate.maxFailurePercent === null || bad * 100 <= gate.maxFailurePercent * planned;
  const isLimited = gate.maxFailures !== null || gate.maxFailurePercent !== null;
  if (!byNumber || !byPercent || (!isLimited && bad > 0)) return false;
  if (jobs.filter(({ state }) => state === 'unknown').length > gate.maxUnknown) return false;
  if (jobs.some(({ state }) => ['pending', 'queued', 'active'].includes(state))) return false;
  const endedMs = Math.max(...jobs.map((job) => job.endedMs));
  if (nowMs < endedMs + gate.soakS * 1000) return false;
  return gate.checks.every(({ name, maxAgeS }) => {
    const result = wave.checks.get(name);
    if (!result?.passed || result.at.getTime() < endedMs) return false;
    return maxAgeS === null || nowMs - result.at.getTime() <= maxAgeS * 1000;
  });
}

function isOpen(model: Model, actions: readonly Action[], wave: number): boolean {
  return model.waves[wave]!.status === 'open' || actions.some((a) => a.kind === 'open' && a.wave === wave);
}

/** Says what is wrong with a plan, or nothing. Plain strings: half a million plans are looked at. */
function wrongWith(model: Model, actions: readonly Action[]): string | null {
  const stopped = model.batch.abortedBy !== null || model.batch.haltedBy !== null;
  const isAnyLeft = model.allJobs().some(({ state }) => ['pending', 'queued', 'active'].includes(state));
  for (const action of actions) {
    if (action.kind === 'release' || action.kind === 'open') {
      if (model.batch.pausedAt !== null && isAnyLeft) return `${action.kind} while paused`;
      if (model.batch.haltedBy !== null && isAnyLeft) return `${action.kind} after it was halted`;
    }
    if (action.kind === 'open') {
      const unmet = model.waves.findIndex(
        (wave, ordinal) => ordinal < action.wave && !wave.overridden && !isMet(wave, model.nowMs),
      );
      if (unmet >= 0 && !stopped) return `${action.kind} of wave ${action.wave} past the gate of wave ${unmet}`;
    }
    if (action.kind === 'release' && !isOpen(model, actions, action.wave)) return `release in wave ${action.wave}`;
    if (action.kind === 'close') {
      const wave = model.waves[action.wave]!;
      if (!stopped && !wave.overridden && !isMet(wave, model.nowMs)) return `wave ${action.wave} closed`;
    }
    if (action.kind === 'finish' && action.status === 'succeeded' && model.batch.haltedBy !== null) {
      return 'succeeded though a gate halted it';
    }
  }
  return null;
}

/** More failures never make a plan go on that did not: of the jobs that went well, one failed instead. */
function goesOnWithMoreFailures(model: Model, actions: readonly Action[], dice: Dice): string | null {
  const good = model.allJobs().filter(({ state }) => state === 'succeeded');
  const victim = good[dice.below(Math.max(1, good.length))];
  if (!victim) return null;
  const wave = model.waves.find(({ jobs }) => jobs.includes(victim))!;
  const [state, tally] = [victim.state, wave.tally];
  victim.state = dice.of<JobState>(['failed', 'unknown', 'cancelled', 'vanished']);
  if (tally) {
    const key = victim.state === 'unknown' ? 'failed' : (victim.state as 'failed' | 'cancelled' | 'vanished');
    wave.tally = { ...tally, succeeded: tally.succeeded - 1, [key]: tally[key] + 1 };
    if (victim.state === 'unknown') wave.tally = { ...wave.tally, unknown: tally.unknown + 1 };
  }
  const then = plan(model.batch, model.facts(), model.now, 300);
  [victim.state, wave.tally] = [state, tally];
  const opened = (each: readonly Action[]) => each.filter(({ kind }) => kind === 'open' || kind === 'close').length;
  if (opened(then) > opened(actions)) return 'goes further after one more failure';
  const wasHalted = actions.some(isBreach) && model.batch.abortedBy === null;
  return wasHalted && !then.some(isBreach) ? 'is not halted any more after one more failure' : null;
}

describe('gates, over random histories', () => {
  const seen = { plans: 0, breaches: 0, holds: 0, advanced: 0, ended: 0, overridden: 0 };

  it(`never advance with an unmet condition and never like failures, ${RUNS} times`, () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 5039 }), { minLength: 40, maxLength: 160 }), (numbers) => {
        const dice = new Dice(numbers);
        const model = new Model(dice);
        while (dice.isLeft && model.ended === null) {
          model.happen();
          const actions = plan(model.batch, model.facts(), model.now, 300);
          const wrong = wrongWith(model, actions) ?? goesOnWithMoreFailures(model, actions, dice);
          if (wrong !== null) throw new Error(wrong);
          for (const action of actions) model.apply(action);
          seen.plans += 1;
          seen.breaches += actions.some(isBreach) ? 1 : 0;
          seen.holds += actions.some(({ kind }) => kind === 'hold') ? 1 : 0;
          seen.advanced += actions.some((a) => a.kind === 'close' && a.decision !== null) ? 1 : 0;
        }
        seen.ended += model.ended === null ? 0 : 1;
        seen.overridden += model.waves.some(({ overridden }) => overridden) ? 1 : 0;
      }),
      { numRuns: RUNS },
    );
  });

  it('were histories in which all of that happened', () => {
    expect(seen.plans).toBeGreaterThan(5 * RUNS);
    expect(seen.breaches).toBeGreaterThan(RUNS / 20);
    expect(seen.holds).toBeGreaterThan(RUNS / 20);
    expect(seen.advanced).toBeGreaterThan(RUNS / 50);
    expect(seen.ended).toBeGreaterThan(RUNS / 50);
    expect(seen.overridden).toBeGreaterThan(RUNS / 1000);
  });
});
