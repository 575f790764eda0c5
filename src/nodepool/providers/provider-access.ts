import { PoolError, type PoolIo, type PoolProvider } from '../../drivers/pool/pool-provider.js';
import type { ProviderConfig } from '../config/nodepool-config.js';

/** What a caller hands down to a call: a step's context has all of it. */
export interface CallIo {
  readonly signal: AbortSignal;
  log(text: string): void;
  progress?(fraction: number): void;
}

/** What happens around a call; the database is on its other side. */
export interface CallSurroundings {
  takeTurn(signal: AbortSignal): Promise<void>;
  crowdedMs(): number;
  answered(): Promise<void>;
  failed(error: PoolError): Promise<void>;
}

/** Beyond the provider's own limit for one request: for signing in, reading a catalog, a slow machine. */
const GRACE_S = 60;

/**
 * One provider as the engine calls it: each call waits for the provider's turns and has a time limit of its own, so that
 * one that hangs stops neither its job for ever nor anybody else.
 */
export class ProviderAccess {
  constructor(
    readonly config: ProviderConfig,
    private readonly provider: PoolProvider,
    private readonly surroundings: CallSurroundings,
    private readonly closing: AbortSignal | null = null,
  ) {}

  /** The same provider for those whose calls nobody else ends when this process does. */
  until(closing: AbortSignal): ProviderAccess {
    return new ProviderAccess(this.config, this.provider, this.surroundings, closing);
  }

  /** Milliseconds to wait before a call is worth beginning; 0: now. */
  crowdedMs(): number {
    return this.surroundings.crowdedMs();
  }

  /** `limitS`: from the last turn to the end; unless stated the provider's `api-timeout` and some grace. */
  async call<T>(
    io: CallIo,
    act: (provider: PoolProvider, io: PoolIo) => Promise<T>,
    limitS = this.config.apiTimeoutS + GRACE_S,
  ): Promise<T> {
    const clock = new CallClock(this.config.name, limitS);
    const signal = AbortSignal.any([io.signal, clock.signal, ...(this.closing ? [this.closing] : [])]);
    const callIo: PoolIo = {
      signal,
      log: (text) => io.log(text),
      turn: () => clock.pausedFor(() => this.surroundings.takeTurn(signal)),
      progress: (done, total) => io.progress?.(total > 0 ? done / total : 0),
    };
    try {
      const answer = await orAborted(act(this.provider, callIo), signal);
      // What a driver says because it was stopped, "it does not answer", is no answer.
      if (this.closing?.aborted) throw new PoolError('aborted', `${this.config.name}: stopped`);
      await this.surroundings.answered();
      return answer;
    } catch (error) {
      const problem = asPoolError(error, io.signal, clock);
      if (problem instanceof PoolError && problem.code !== 'aborted') await this.surroundings.failed(problem);
      throw problem;
    } finally {
      clock.stop();
    }
  }
}

/** Runs while the provider is at work, not while the call waits for its turn. */
class CallClock {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly name: string,
    private readonly limitS: number,
  ) {
    this.start();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get isOver(): boolean {
    return this.controller.signal.aborted;
  }

  get problem(): PoolError {
    return new PoolError('unavailable', `${this.name}: no answer within ${this.limitS} s`);
  }

  async pausedFor(wait: () => Promise<void>): Promise<void> {
    this.stop();
    await wait();
    this.start();
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private start(): void {
    this.timer = setTimeout(() => this.controller.abort(), this.limitS * 1000);
  }
}

function asPoolError(error: unknown, asked: AbortSignal, clock: CallClock): unknown {
  if (asked.aborted) return error;
  return clock.isOver ? clock.problem : error;
}

/** A driver that ignores its signal is left behind. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined);
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(new PoolError('aborted', 'The call was given up'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
  });
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}
