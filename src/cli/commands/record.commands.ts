import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { askPatiently } from '../ask-patiently.js';
import type { PageAnswer } from '../batch-wire.js';
import { EXIT_CODES } from '../exit-codes.js';
import { type Asking, type FleetClient, ServerUnreachable } from '../fleet-client.js';
import { type CliSession, UsageError, wholeNumber } from '../session.js';
import { patienceOption } from './follow-options.js';

interface LogLine {
  readonly at: string;
  readonly level: string;
  readonly text: string;
}

interface LogOptions {
  readonly follow?: boolean;
  readonly patience: number;
}

export function addLogs(program: Command, session: CliSession): void {
  const command = program
    .command('logs')
    .description("the lines of a job's log")
    .argument('<job>', 'its number: slipway jobs <batch>', wholeNumber)
    .option('-f, --follow', 'go on until the job has ended')
    .addOption(patienceOption('how long a server may give no answer before --follow gives up'));
  command.action(async (job: number, { follow, patience }: LogOptions) => {
    if (!follow && command.getOptionValueSource('patience') === 'cli')
      throw new UsageError('--patience needs --follow');
    const client = session.client();
    for (let cursor: string | null = null; ;) {
      const query = { limit: '500', cursor: cursor ?? undefined };
      const page: PageAnswer<LogLine> = follow
        ? await nextLines(session, client, job, { ...query, wait_s: '20' }, patience)
        : await client.get(`jobs/${job}/logs`, query);
      for (const line of page.items) session.show(line, ({ at, level, text }) => `${at} ${level.padEnd(7)} ${text}`);
      const isOver = page.next_cursor === null || (!follow && page.items.length === 0);
      if (isOver) return;
      cursor = page.next_cursor;
    }
  });
}

/** A server that is away says nothing about the job: the same place is asked for again. */
function nextLines(
  session: CliSession,
  client: FleetClient,
  job: number,
  query: Asking['query'],
  patienceMs: number,
): Promise<PageAnswer<LogLine>> {
  const ask = async (): Promise<PageAnswer<LogLine>> => {
    const { body } = await client.getOnce<PageAnswer<LogLine> | undefined>(`jobs/${job}/logs`, undefined, query);
    // Something else may answer where the server was: a portal that asks for a log-in, a proxy's own page.
    if (!Array.isArray(body?.items) || body.next_cursor === undefined)
      throw new ServerUnreachable('what answered is not the log that was asked for');
    return body;
  };
  return askPatiently(ask, patienceMs, (text) => session.note(text), session.signal);
}

interface ImportAnswer {
  readonly count: number;
  readonly errors: readonly string[];
}

export function addDevices(program: Command, session: CliSession): void {
  program
    .command('devices')
    .description('network devices')
    .command('import')
    .description('add the devices of a CSV file; rows that cannot be taken are named, and end it with 1')
    .argument('<file>', 'CSV with a head line, as POST /api/dcim/devices/import_csv takes it')
    .action(async (file: string) => {
      const form = new FormData();
      const bytes = await readFile(file).catch((error: Error) => {
        throw new UsageError(`${file} cannot be read: ${error.message}`);
      });
      form.set('file', new Blob([new Uint8Array(bytes)], { type: 'text/csv' }), basename(file));
      const answer = await session.client().upload<ImportAnswer>('/api/dcim/devices/import_csv', form);
      session.show(answer, ({ count, errors }) => [`${count} devices imported`, ...errors].join('\n'));
      if (answer.errors.length > 0) session.exitCode = EXIT_CODES.failed;
    });
}

interface VerdictAnswer {
  readonly intact: boolean;
  readonly checked: number;
  readonly unsealed: number;
  readonly head: { readonly anchor: string };
  readonly problems: readonly { readonly fault: string; readonly detail: string }[];
}

/** Here already: 1 is the code of a chain that is not whole, not of a slip of the pen. */
function anchorText(text: string): string {
  if (!/^\d{1,15}:[0-9a-f]{64}$/.test(text))
    throw new InvalidArgumentError('It is seq:hash, as "slipway audit verify" shows a head.');
  return text;
}

export function addAudit(program: Command, session: CliSession): void {
  program
    .command('audit')
    .description('the audit trail')
    .command('verify')
    .description('walk the hash chain: was a record changed, removed or moved? Ends with 1 if so')
    .option('--head <anchor>', 'an end of the chain that was noted before: proves that nothing was cut off', anchorText)
    .action(async ({ head }: { head?: string }) => {
      const verdict = await session.client().get<VerdictAnswer>('audit-chain/verification', { anchor: head });
      session.show(verdict, verdictText);
      if (!verdict.intact) session.exitCode = EXIT_CODES.failed;
    });
}

function verdictText({ intact, checked, unsealed, head, problems }: VerdictAnswer): string {
  const lines = problems.map(({ fault, detail }) => `  ${fault}: ${detail}`);
  const tail = unsealed === 0 ? '' : `; ${unsealed} newer ones are not sealed yet`;
  return [
    `${intact ? 'intact' : 'NOT INTACT'}: ${checked} records checked${tail}`,
    ...lines,
    `head ${head.anchor}`,
  ].join('\n');
}

const LISTS = [
  {
    name: 'plans',
    description: 'the named plans',
    path: () => 'plans',
    line: (item: Item) => `${item.name}  ${item.description}`,
  },
  {
    name: 'jobs',
    description: 'the jobs of a batch',
    argument: '<batch>',
    path: (batch: string) => `batches/${encodeURIComponent(batch)}/jobs`,
    line: (item: Item) =>
      `${item.id}  ${(item.target as Item | undefined)?.label}  ${item.status}  ${item.reason ?? ''}`,
  },
  {
    name: 'targets',
    description: 'the targets of a kind: device, cluster, node, pool-node, disk-image, environment, …',
    argument: '<kind>',
    path: (kind: string) => `targets/${encodeURIComponent(kind)}`,
    line: (item: Item) => `${item.id}  ${item.label}  ${item.site ?? ''}  ${item.version ?? ''}  ${item.state ?? ''}`,
  },
] as const;

type Item = Readonly<Record<string, unknown>>;

export function addLists(program: Command, session: CliSession): void {
  for (const list of LISTS) {
    const command = program.command(list.name).description(list.description);
    if ('argument' in list) command.argument(list.argument);
    command.option('-n, --limit <count>', 'how many, 500 at most', wholeNumber, 100);
    command.action(async (...given: unknown[]) => {
      const name = typeof given[0] === 'string' ? given[0] : '';
      const { limit } = given.find((each) => typeof each === 'object' && each !== null) as { limit: number };
      const page = await session.client().get<PageAnswer<Item>>(list.path(name), { limit: String(limit) });
      session.show(page, ({ items }) => items.map((item) => list.line(item).trimEnd()).join('\n') || `no ${list.name}`);
      if (page.next_cursor !== null && !session.json) session.note('there are more: --limit');
    });
  }
}
