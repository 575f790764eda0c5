import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import { batchProgress } from '../batch-progress.js';
import { batchText } from '../batch-text.js';
import type { BatchDetailAnswer, JobAnswer, PageAnswer } from '../batch-wire.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { FleetClient } from '../fleet-client.js';
import { followBatch } from '../follow-batch.js';
import { junitReport } from '../junit-report.js';
import { type CliSession, duration, UsageError } from '../session.js';

export interface FollowOptions {
  readonly timeout?: number;
  readonly patience: number;
  readonly junit?: string;
}

export function patienceOption(description: string): Option {
  return new Option('--patience <time>', description).argParser(duration).default(600_000, '10m');
}

/** What every command takes that waits for the end of a batch. */
export function withFollowOptions(command: Command): Command {
  return command
    .option('--timeout <time>', 'wait no longer than this (90, 45s, 10m, 2h), then end with 5', duration)
    .addOption(patienceOption('how long a server may give no answer before the outcome counts as unknown'))
    .option('--junit <file>', 'write a JUnit report with a test case for each target');
}

export type Showing = 'progress' | 'end' | 'changes';

/** Before anything is started: that a report has no place should not be found out hours later. */
export async function prepareReport({ junit }: FollowOptions): Promise<void> {
  if (junit === undefined) return;
  await mkdir(dirname(junit), { recursive: true }).catch((error: Error) => {
    throw new UsageError(`${junit} cannot be written: ${error.message}`);
  });
}

/** Waits for a batch, shows it, writes the report, and leaves the exit code with the session. */
export async function follow(
  session: CliSession,
  client: FleetClient,
  id: string,
  options: FollowOptions,
  showing: Showing,
): Promise<void> {
  await prepareReport(options);
  const isStream = showing === 'changes' && session.json;
  const progress = showing === 'progress' && !session.json ? batchProgress(session.streams.err) : null;
  const show = isStream ? changesOnly(session) : (batch: BatchDetailAnswer) => progress?.show(batch);
  const wish = { timeoutMs: options.timeout ?? null, patienceMs: options.patience, pollMs: 1_000 };
  const hooks = { show, note: (text: string) => session.note(text) };
  const followed = await followBatch(client, id, wish, hooks, session.signal).finally(() => progress?.close());
  session.exitCode = followed.code;
  if (followed.problem !== null) session.note(`${followed.problem}. See: slipway status ${id}`);
  if (followed.batch === null) return;
  if (!isStream) session.show(followed.batch, batchText);
  if (options.junit !== undefined) await report(session, client, followed.batch, options.junit);
}

/** The batch is asked for again and again; a line says something new. */
function changesOnly(session: CliSession): (batch: BatchDetailAnswer) => void {
  let last = '';
  return (batch) => {
    const text = JSON.stringify(batch);
    if (text !== last) session.say(text);
    last = text;
  };
}

/** A report that could not be written must not hide what became of the batch: only a success becomes a failure by it. */
async function report(session: CliSession, client: FleetClient, batch: BatchDetailAnswer, path: string): Promise<void> {
  try {
    await writeFile(path, junitReport(batch, await allJobs(client, batch.id)));
  } catch (error) {
    session.note(`the report ${path} was not written: ${error instanceof Error ? error.message : String(error)}`);
    if (session.exitCode === EXIT_CODES.succeeded) session.exitCode = EXIT_CODES.failed;
  }
}

async function allJobs(client: FleetClient, id: string): Promise<JobAnswer[]> {
  const jobs: JobAnswer[] = [];
  for (let cursor: string | undefined; ;) {
    const page: PageAnswer<JobAnswer> = await client.get(`batches/${id}/jobs`, { cursor, limit: '500' });
    jobs.push(...page.items);
    if (page.next_cursor === null) return jobs;
    cursor = page.next_cursor;
  }
}
