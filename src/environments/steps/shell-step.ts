import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { CommandKey, ShellLook } from '../../drivers/shell/shell-commands.js';
import type { StepOutcome } from '../../orchestration/step-handler.js';
import { endingOnAbort, meansTheEnd } from './abandonment.js';
import { environmentKey, tokenOf, workflowOfToken } from './command-names.js';
import { exportsOf } from './exports.js';
import type { WorkContext, WorkHandler } from './step-work.js';
import { commandVariables, failedTry, masking, numberOf, textsOf, unfit } from './work-text.js';

/** A command of the try that is under way. Remembered before it begins: a crash finds the same token. */
interface Command {
  /** Its action's too. */
  readonly uuid: string;
  /** Output that was logged, in bytes and lines. */
  readonly byte: number;
  readonly line: number;
}

interface Try {
  /** Commands live on one machine. */
  readonly machine: string;
  readonly since: number;
  readonly commands: readonly Command[];
}

const LONGEST_S = 3_600;
const [FIRST_LOOK_MS, SLOWEST_LOOK_MS] = [30, 500];

/**
 * Runs commands on this machine, one after another or with `parallel` all at once (spec environments section 5.3). A command
 * goes on when this process dies and is followed on by the next one; none is ever started twice.
 */
export const shellStep: WorkHandler = {
  async run(context) {
    const work = context.subject;
    if (work.configItems['shell.enabled'] !== 'true') {
      throw unfit('The project does not allow shell steps: its configuration needs shell.enabled = true');
    }
    const commands = textsOf(work, 'commands');
    const run = new ShellRun(context, commands, await theTry(context, commands.length));
    return endingOnAbort(
      context.signal,
      () => run.stop(),
      () => run.follow(),
    );
  },
};

async function theTry(context: WorkContext, count: number): Promise<Try> {
  const known = context.step.state?.['try'] as Try | null | undefined;
  if (known) return known;
  const commands = Array.from({ length: count }, () => ({ uuid: randomUUID(), byte: 0, line: 0 }));
  const begun = { machine: hostname(), since: context.now(), commands };
  await context.remember({ try: begun });
  return begun;
}

class ShellRun {
  private readonly mask: (text: string) => string;
  private readonly expected: number;
  private readonly exits: (number | null)[] = [];

  constructor(
    private readonly context: WorkContext,
    private readonly texts: readonly string[],
    private attempt: Try,
  ) {
    this.mask = masking(context.subject);
    this.expected = numberOf(context.subject, 'successExitCode', 0);
  }

  async follow(): Promise<StepOutcome> {
    const { attempt, context } = this;
    if (attempt.machine !== hostname()) {
      throw unfit(`The commands were begun on ${attempt.machine}, where nobody looks after them any more`);
    }
    await this.endEarlierWorkflows();
    const isParallel = context.subject.definition.settings['parallel'] === true;
    const waits = this.texts.map((_, index) => index);
    const failures = isParallel
      ? await Promise.all(waits.map((index) => this.runOne(index)))
      : await this.inTurn(waits);
    const failure = failures.find((found) => found !== null);
    if (failure) return this.failed(failure);
    const exports = exportsOf(context.subject, { exitCode: this.exits.at(-1) ?? 0, output: await this.output() });
    return { outcome: 'success', result: { exports } };
  }

  async stop(): Promise<void> {
    await Promise.all(this.attempt.commands.map((command) => this.shell.stop(this.keyOf(command))));
  }

  private async inTurn(indexes: readonly number[]): Promise<(string | null)[]> {
    for (const index of indexes) {
      const failure = await this.runOne(index);
      if (failure !== null) return [failure];
    }
    return [];
  }

  /** Null: it ended as it should. */
  private async runOne(index: number): Promise<string | null> {
    for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 1.5, SLOWEST_LOOK_MS)) {
      const look = await this.shell.look(this.keyOf(this.command(index)), this.command(index).byte);
      await this.report(index, look);
      if (look.state === 'absent') await this.start(index);
      else if (look.state !== 'running') return this.ended(index, look);
      else if (this.isOverdue()) return this.timedOut(index);
      await delay(pause, undefined, { signal: this.context.signal });
    }
  }

  private async start(index: number): Promise<void> {
    const { subject, signal } = this.context;
    const key = this.keyOf(this.command(index));
    const command = this.texts[index] ?? '';
    const { uuid } = this.command(index);
    await subject.record.startAction({ uuid, name: `Shell command`, description: this.mask(command) });
    await this.shell.start({ ...key, command, variables: commandVariables(subject) });
    // It was stopped while it was being started, and may have escaped that.
    if (meansTheEnd(signal)) await this.shell.stop(key);
  }

  /** An entry has its number, so that a crash between the two writes repeats none. */
  private async report(index: number, look: ShellLook): Promise<void> {
    const { uuid, byte, line } = this.command(index);
    if (look.nextByte === byte) return;
    const entries = look.lines.map((text, at) => ({ text: this.mask(text), position: line + at }));
    if (look.isCut) {
      entries.push({ text: '[… it prints more than is kept …]', position: line + entries.length });
    }
    await this.context.subject.record.log(uuid, entries);
    await this.update(index, { uuid, byte: look.nextByte, line: line + entries.length });
  }

  private async ended(index: number, look: ShellLook): Promise<string | null> {
    const { record } = this.context.subject;
    const { uuid, line } = this.command(index);
    this.exits[index] = look.exitCode;
    if (look.state === 'ended' && look.exitCode === this.expected) {
      await record.endAction(uuid, 'Successful');
      return null;
    }
    const problem =
      look.state === 'lost'
        ? 'FAILURE: Process was ended from outside'
        : `FAILURE: Process finished with exit code ${look.exitCode}, expected result = ${this.expected}`;
    await record.log(uuid, [{ text: problem, position: line }]);
    await record.endAction(uuid, look.state === 'lost' ? 'Interrupted' : 'Failed', problem);
    return problem;
  }

  private async timedOut(index: number): Promise<string> {
    const { uuid, line } = this.command(index);
    await this.shell.stop(this.keyOf(this.command(index)));
    const problem = `FAILURE: Process did not end within ${this.timeoutS} s and was ended`;
    await this.context.subject.record.log(uuid, [{ text: problem, position: line }]);
    await this.context.subject.record.endAction(uuid, 'Failed', problem);
    return problem;
  }

  /** The next try has other tokens: these commands have ended. */
  private async failed(problem: string): Promise<never> {
    await this.stop();
    await this.context.remember({ try: null });
    throw failedTry(problem);
  }

  /** One workflow works on an environment at a time: what an earlier one left behind, through a crash, has no right to run. */
  private async endEarlierWorkflows(): Promise<void> {
    const { workflow } = this.context.subject;
    for (const key of await this.shell.list(environmentKey(this.context.subject.environment))) {
      if (workflowOfToken(key.token) === workflow.id) continue;
      await this.shell.stop(key);
      await this.shell.forget(key);
    }
  }

  private async output(): Promise<string> {
    const last = this.attempt.commands.at(-1);
    return last ? (await this.shell.look(this.keyOf(last), 0)).lines.join('\n') : '';
  }

  private async update(index: number, command: Command): Promise<void> {
    const commands = this.attempt.commands.with(index, command);
    this.attempt = { ...this.attempt, commands };
    await this.context.remember({ try: this.attempt });
  }

  private isOverdue(): boolean {
    return this.context.now() - this.attempt.since > this.timeoutS * 1000;
  }

  private get timeoutS(): number {
    return this.context.subject.definition.timeoutSec ?? LONGEST_S;
  }

  private get shell() {
    return this.context.subject.drivers.shell;
  }

  private command(index: number): Command {
    return this.attempt.commands[index]!;
  }

  private keyOf({ uuid }: Command): CommandKey {
    const { workflow } = this.context.subject;
    return { token: tokenOf(workflow.id, uuid), environment: environmentKey(this.context.subject.environment) };
  }
}
