import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { text as readAll } from 'node:stream/consumers';
import { headlineOf, stateOf } from '../batch-text.js';
import type { BatchDetailAnswer } from '../batch-wire.js';
import type { FleetClient } from '../fleet-client.js';
import { parseParameters } from '../parameters.js';
import { type CliSession, UsageError } from '../session.js';
import { follow, type FollowOptions, prepareReport, withFollowOptions } from './follow-options.js';

interface TriggerOptions extends FollowOptions {
  readonly file?: string;
  readonly param: readonly string[];
  readonly wait?: boolean;
  readonly idempotencyKey?: string;
}

/** What says how to wait: where it is written and `--wait` is not, a pipeline would be green before anything was done. */
const FOLLOWING = ['junit', 'timeout', 'patience'] as const satisfies readonly (keyof FollowOptions)[];

const gather = (item: string, list: readonly string[]): string[] => [...list, item];

export function addTrigger(program: Command, session: CliSession): void {
  const command = program
    .command('trigger')
    .description('start a named plan, or a batch that a file describes')
    .argument('[plan]', 'name of the plan: slipway plans')
    .option('-f, --file <file>', 'JSON as POST /fleet/v1/batches takes it; - for standard input')
    .option('-p, --param <name=value>', 'what the plan leaves open; name:=json for anything but text', gather, [])
    .option('-w, --wait', 'wait for the end and end with its exit code')
    .option('--idempotency-key <key>', 'the same key starts the same batch only once');
  withFollowOptions(command).action(async (plan: string | undefined, options: TriggerOptions) => {
    if (!options.wait && FOLLOWING.some((name) => command.getOptionValueSource(name) === 'cli'))
      throw new UsageError('--junit, --timeout and --patience need --wait');
    const client = session.client();
    if (options.wait) await prepareReport(options);
    const id = await started(session, client, plan, options);
    if (options.wait) {
      session.note(`batch ${id}`);
      await follow(session, client, id, options, 'progress');
      return;
    }
    const batch = await client.get<BatchDetailAnswer>(`batches/${id}`);
    session.show(batch, () => `${headlineOf(batch)}\n  ${stateOf(batch)}`);
  });
}

async function started(
  session: CliSession,
  client: FleetClient,
  plan: string | undefined,
  options: TriggerOptions,
): Promise<string> {
  const key = options.idempotencyKey;
  if ((plan === undefined) === (options.file === undefined))
    throw new UsageError('Name a plan, or give --file: one of both');
  if (plan !== undefined) {
    const body = { parameters: parseParameters(options.param) };
    return (await client.post<{ batch_id: string }>(`plans/${encodeURIComponent(plan)}/runs`, body, key)).batch_id;
  }
  if (options.param.length > 0) throw new UsageError('--param is for plans: write it into the file');
  return (await client.post<{ id: string }>('batches', await requestIn(session, options.file!), key)).id;
}

async function requestIn(session: CliSession, file: string): Promise<unknown> {
  const text = await (file === '-' ? readAll(session.streams.in) : readFile(file, 'utf8')).catch((error: Error) => {
    throw new UsageError(`${file} cannot be read: ${error.message}`);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}`);
  }
}
