import type { Command } from 'commander';
import { batchText, headlineOf, stateOf } from '../batch-text.js';
import type { BatchAnswer, BatchDetailAnswer, PageAnswer } from '../batch-wire.js';
import { batchId, type CliSession, UsageError, wholeNumber } from '../session.js';
import { follow, type FollowOptions, withFollowOptions } from './follow-options.js';

export function addBatchReads(program: Command, session: CliSession): void {
  program
    .command('status')
    .description('one batch with its waves, or the newest batches')
    .argument('[batch]', 'its id', batchId)
    .option('-n, --limit <count>', 'how many of the newest', wholeNumber, 20)
    .action(async (id: string | undefined, { limit }: { limit: number }) => {
      const client = session.client();
      if (id !== undefined) return session.show(await client.get<BatchDetailAnswer>(`batches/${id}`), batchText);
      const page = await client.get<PageAnswer<BatchAnswer>>('batches', { limit: String(limit) });
      session.show(
        page,
        ({ items }) => items.map((each) => `${headlineOf(each)}\n  ${stateOf(each)}`).join('\n') || 'no batches',
      );
    });
  withFollowOptions(
    program.command('wait').description('wait for the end of a batch; the exit code says what became of it'),
  )
    .argument('<batch>', 'its id', batchId)
    .action((id: string, options: FollowOptions) => follow(session, session.client(), id, options, 'end'));
  withFollowOptions(
    program.command('watch').description('the same with bars that move; with --json a line for each change'),
  )
    .argument('<batch>', 'its id', batchId)
    .action((id: string, options: FollowOptions) => {
      return follow(session, session.client(), id, options, session.json ? 'changes' : 'progress');
    });
}

interface Verb {
  readonly name: string;
  readonly description: string;
  readonly options?: readonly (readonly [string, string])[];
  /** From the options as they were given. */
  body?(given: Readonly<Record<string, unknown>>): unknown;
}

const VERBS: readonly Verb[] = [
  {
    name: 'pause',
    description: 'start nothing more; what runs goes on',
    options: [['--reason <text>', 'for those who wonder']],
    body: ({ reason }) => ({ reason }),
  },
  {
    name: 'resume',
    description: 'go on with a paused batch',
    options: [['--override-gate', 'go on although a gate says no; it is recorded who did']],
    body: ({ overrideGate }) => ({ override_gate: overrideGate === true }),
  },
  { name: 'cancel', description: 'cancel what has not started; what runs goes on to its end' },
  { name: 'abort', description: 'stop all of it: running steps stop at their next safe point' },
  {
    name: 'retry',
    description: 'try failed targets again in a new batch, each from the step that failed',
    options: [['--unfinished', 'those that were cancelled as well']],
    body: ({ unfinished }) => ({ targets: unfinished === true ? 'unfinished' : 'failed' }),
  },
];

export function addBatchVerbs(program: Command, session: CliSession): void {
  for (const { name, description, options = [], body } of VERBS) {
    const command = program.command(name).description(description).argument('<batch>', 'its id', batchId);
    for (const [flags, text] of options) command.option(flags, text);
    command.action(async (id: string, given: Record<string, unknown>) => {
      const batch = await session.client().post<BatchDetailAnswer>(`batches/${id}/${name}`, body?.(given));
      session.show(batch, batchText);
    });
  }
  addApprove(program, session);
  addCheck(program, session);
}

interface ApprovalsAnswer {
  readonly needed: number;
  readonly given: number;
  readonly digest: string;
}

function addApprove(program: Command, session: CliSession): void {
  program
    .command('approve')
    .description('say yes to a batch that somebody else asked for')
    .argument('<batch>', 'its id', batchId)
    .option('--digest <digest>', 'what you saw: refused when the batch is another by now')
    .option('--comment <text>', 'for the record')
    .option('--show', 'only show what there is to approve, and its digest')
    .option('--revoke', 'take your own yes back')
    .action(async (id: string, given: { digest?: string; comment?: string; show?: boolean; revoke?: boolean }) => {
      const client = session.client();
      const path = `batches/${id}/approvals`;
      const { digest, comment } = given;
      if (given.show && given.revoke) throw new UsageError('--show and --revoke are two different things: give one');
      const answer = given.show
        ? await client.get<ApprovalsAnswer>(path)
        : given.revoke
          ? await client.remove<ApprovalsAnswer>(path)
          : await client.post<ApprovalsAnswer>(path, { digest, comment });
      session.show(answer, () => `approved by ${answer.given} of ${answer.needed}, digest ${answer.digest}`);
    });
}

function addCheck(program: Command, session: CliSession): void {
  program
    .command('check')
    .description("tell a wave's gate how a check came out")
    .argument('<batch>', 'its id', batchId)
    .argument('<wave>', 'its number: slipway status <batch>', wholeNumber)
    .argument('<name>', 'one of the checks that the gate asks for')
    .argument('<result>', 'passed or failed')
    .option('--message <text>', 'for the record')
    .action(async (id: string, wave: number, name: string, result: string, { message }: { message?: string }) => {
      if (result !== 'passed' && result !== 'failed')
        throw new UsageError(`A check has passed or failed, not "${result}"`);
      const body = { name, passed: result === 'passed', message };
      session.show(
        await session.client().post<BatchDetailAnswer>(`batches/${id}/waves/${wave}/checks`, body),
        batchText,
      );
    });
}
