import { randomUUID } from 'node:crypto';
import { ActionError } from '../../common/errors.js';
import type { NodeHost } from '../../drivers/node-host/node-host-driver.js';
import type { StepOutcome } from '../../orchestration/step-handler.js';
import { endingOnAbort } from './abandonment.js';
import { exportsOf } from './exports.js';
import { SshCommands, type SshCommand } from './ssh-commands.js';
import { hostKeyName, sshTargets } from './ssh-targets.js';
import type { WorkContext, WorkHandler } from './step-work.js';
import { textsOf } from './work-text.js';

/** The try that is under way: for each server its commands, remembered before the first begins. */
export interface SshTry {
  readonly since: number;
  /** By the server's name. */
  readonly servers: Readonly<Record<string, readonly SshCommand[]>>;
}

const RECONNECT_MS = 2_000;
const HALT_MS = 60_000;

/**
 * Runs commands on hosts over SSH (spec environments section 5.3): one after another on each, all hosts at once. A command
 * belongs to its host once it is started; a lost connection or a dead process only means that it is looked for again.
 */
export const sshStep: WorkHandler = {
  async run(context) {
    const run = new SshRun(context, await sshTargets(context.subject), textsOf(context.subject, 'commands'));
    await run.begin();
    return endingOnAbort(
      context.signal,
      () => run.halt(),
      () => run.follow(),
    );
  },
};

class SshRun {
  private attempt: SshTry = { since: 0, servers: {} };
  private readonly learned: Record<string, string> = {};

  constructor(
    private readonly context: WorkContext,
    private readonly targets: readonly NodeHost[],
    private readonly texts: readonly string[],
  ) {}

  async begin(): Promise<void> {
    const { state } = this.context.step;
    Object.assign(this.learned, state?.['learned']);
    const known = state?.['try'] as SshTry | null | undefined;
    const fresh = () => this.texts.map(() => ({ uuid: randomUUID(), byte: 0, line: 0, isBegun: false }));
    const servers = Object.fromEntries(this.targets.map(({ name }) => [name, known?.servers[name] ?? fresh()]));
    this.attempt = { since: known?.since ?? this.context.now(), servers };
    await this.context.remember({ try: this.attempt });
  }

  async follow(): Promise<StepOutcome> {
    const servers = this.targets.map((target) => this.server(target));
    const ends = await Promise.allSettled(servers.map((server) => server.follow()));
    const mistake = ends.find((end): end is PromiseRejectedResult => end.status === 'rejected');
    if (mistake) return this.interrupted(mistake.reason);
    const problem = ends.map((end) => (end.status === 'fulfilled' ? end.value : null)).find((text) => text !== null);
    if (problem) {
      await this.context.remember({ try: null });
      throw new ActionError(problem, { code: 'step_failed', retryable: true });
    }
    const exports = { ...this.learned, ...exportsOf(this.context.subject, servers[0]!.result) };
    return { outcome: 'success', result: { exports } };
  }

  /** Whatever ran of this try: its connections are gone with the signal. */
  async halt(): Promise<void> {
    await Promise.allSettled(this.targets.map((target) => this.server(target).halt(AbortSignal.timeout(HALT_MS))));
  }

  /** A host that does not answer any more may still be at it. */
  private async interrupted(reason: unknown): Promise<StepOutcome> {
    if (this.context.signal.aborted) throw reason;
    const { timeoutSec } = this.context.subject.definition;
    const isUnderWay = Object.values(this.attempt.servers).some((commands) => commands.some(({ isBegun }) => isBegun));
    const isOverdue = this.context.now() - this.attempt.since > (timeoutSec ?? 3_600) * 1000;
    if (!(reason instanceof ActionError)) throw reason;
    if (isUnderWay && reason.retryable && !isOverdue) {
      return { outcome: 'again', afterMs: RECONNECT_MS, waitingFor: reason.message };
    }
    await this.halt();
    await this.context.remember({ try: null });
    throw reason;
  }

  private server(target: NodeHost): SshCommands {
    const learned = this.learned[hostKeyName(target.address, target.port)];
    const host = target.hostKey === null && learned !== undefined ? { ...target, hostKey: learned } : target;
    return new SshCommands(this.context, host, this.texts, {
      since: this.attempt.since,
      commands: () => this.attempt.servers[target.name] ?? [],
      update: (commands) => this.update(target.name, commands),
      learnHostKey: (fingerprint) => this.learn(target, fingerprint),
    });
  }

  private async update(name: string, commands: readonly SshCommand[]): Promise<void> {
    this.attempt = { ...this.attempt, servers: { ...this.attempt.servers, [name]: commands } };
    await this.context.remember({ try: this.attempt });
  }

  private async learn({ address, port }: NodeHost, fingerprint: string): Promise<void> {
    this.learned[hostKeyName(address, port)] = fingerprint;
    await this.context.remember({ learned: this.learned });
  }
}
