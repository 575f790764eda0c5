import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { CommandLook, NodeHostSession } from '../../../drivers/node-host/node-host-driver.js';
import type { StepHandler, StepOutcome } from '../../../orchestration/step-handler.js';
import type { ShellParameters } from '../../../releases/deployment-task.js';
import type { NodeJobContext, NodeJobSubject } from '../node-job.js';
import { withNode } from '../node-session.js';

/** What is remembered of the try that is under way, before it begins: a crash finds the same token. */
interface Try {
  readonly token: string | null;
  /** Milliseconds by the database's clock. */
  readonly since: number;
  /** Output that was logged. */
  readonly byte: number;
  /** Tries that failed. */
  readonly failed: number;
}

const NO_TRY: Try = { token: null, since: 0, byte: 0, failed: 0 };
/** A command is watched from the same login this long; after that it is looked at now and then, and the slot is free. */
const WATCH_MS = 60_000;
const [FIRST_LOOK_MS, SLOWEST_LOOK_MS] = [50, 1_000];
const LOOK_AGAIN_MS = 5_000;
/** Of one command's output; the rest stays on the host. */
const MOST_LOGGED = 1024 * 1024;

/** Runs a command on the node and follows it to its end, over broken connections and dead control planes. */
export const shellStep: StepHandler<NodeJobSubject> = {
  run: (context) => withNode(context, (session) => new CommandWatch(context, session).follow()),
};

class CommandWatch {
  private readonly command: ShellParameters;
  private attempt: Try;

  constructor(
    private readonly context: NodeJobContext,
    private readonly session: NodeHostSession,
  ) {
    this.command = context.step.config as unknown as ShellParameters;
    this.attempt = { ...NO_TRY, ...(context.step.state as Partial<Try> | undefined) };
  }

  async follow(): Promise<StepOutcome> {
    const { context } = this;
    const until = context.now() + WATCH_MS;
    for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 1.5, SLOWEST_LOOK_MS)) {
      const outcome = await this.proceed();
      if (outcome !== null) return outcome;
      if (context.now() > until) {
        return { outcome: 'again', afterMs: LOOK_AGAIN_MS, waitingFor: 'The command to end' };
      }
      await delay(pause, undefined, { signal: context.signal });
    }
  }

  /** One look, and what follows from it; null: look again. */
  private async proceed(): Promise<StepOutcome | null> {
    const { token, since, byte } = this.attempt;
    const look = token === null ? null : await this.session.look(token, byte);
    if (look === null || look.state === 'absent') return this.start(token ?? randomUUID());
    await this.report(look);
    switch (look.state) {
      case 'ended':
        return look.exitCode === 0 ? { outcome: 'success' } : this.failed(await this.endOf(look));
      case 'lost':
        return this.failed('The command was ended from outside, or the host went down under it');
      case 'running':
        return this.context.now() - since > this.command.timeoutS * 1000 ? this.timedOut() : null;
    }
  }

  private async start(token: string): Promise<StepOutcome | null> {
    await this.remember({ token, since: this.context.now(), byte: 0 });
    const { cmd, cwd } = this.command;
    const { environment } = this.context.subject.input;
    const start = await this.session.start({ token, script: cmd, cwd, environment });
    if (start !== 'busy') return null;
    return {
      outcome: 'again',
      afterMs: LOOK_AGAIN_MS,
      waitingFor: 'Another command of Slipway still runs on the node',
    };
  }

  /** What is logged and how far it was read are one write, so that a crash neither loses nor repeats a line. */
  private async report(look: CommandLook): Promise<void> {
    if (look.nextByte === this.attempt.byte) return;
    const wasFull = this.attempt.byte > MOST_LOGGED;
    if (!wasFull) for (const line of look.lines) this.context.log(line);
    if (!wasFull && look.nextByte > MOST_LOGGED) {
      this.context.log('The command prints more than is kept here; all of it is on the host', 'warning');
    }
    await this.remember({ byte: look.nextByte });
  }

  private async timedOut(): Promise<StepOutcome> {
    await this.session.halt(this.attempt.token);
    return this.failed(`The command did not end within ${this.command.timeoutS} s and was ended`);
  }

  /** The next try is another command with another token: this one is known to have ended. */
  private async failed(message: string): Promise<StepOutcome> {
    const failed = this.attempt.failed + 1;
    const { retries, intervalS } = this.command;
    if (failed > retries) return { outcome: 'failed', message };
    await this.remember({ ...NO_TRY, failed });
    const waitingFor = `${message}; try ${failed + 1} of ${retries + 1}`;
    return { outcome: 'again', afterMs: intervalS * 1000, waitingFor };
  }

  /** Its last lines. The first one may be half a line, and a secret in it is not recognised then. */
  private async endOf(look: CommandLook): Promise<string> {
    const from = Math.max(0, look.nextByte - 2_000);
    const { lines } = await this.session.look(this.attempt.token!, from);
    const said = (from > 0 ? lines.slice(1) : lines).slice(-3).join(' ').trim().slice(-500);
    return `The command failed with exit code ${look.exitCode}${said === '' ? '' : `: ${said}`}`;
  }

  private async remember(change: Partial<Try>): Promise<void> {
    this.attempt = { ...this.attempt, ...change };
    await this.context.remember({ ...this.attempt });
  }
}
