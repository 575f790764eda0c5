import pg from 'pg';
import { migrate } from '../../database/migrate.js';
import { type BenchPlace, TOKEN } from '../bench-place.js';
import { type BenchRow, median, whole } from '../bench-report.js';
import { loadFleetRows } from '../fleet-rows.js';

const AIM = 2;
const WARM_UP = 5;

/** Besides the lists that the API's own document names: the filters, and the lists of one batch, job and target. */
const FILTERED = [
  '/batches?status=failed',
  '/batches?status=running,scheduled',
  '/batches?status=failed,cancelled',
  '/batches?dialect=nodepool',
  '/batches?creator=person%207',
  '/batches?target=device:17',
  '/batches?created_before=2020-01-01T01:00:00Z',
  '/jobs?status=failed',
  '/jobs?status=running,waiting',
  '/jobs?status=cancelled,failed',
  '/jobs?dialect=nodepool',
  '/jobs?creator=person%207',
  '/jobs?target=device:17',
  '/jobs?created_before=2020-01-01T01:00:00Z',
  '/audit?user=person%207',
  '/audit?action=batch.abort',
  '/audit?object_type=batch',
  '/audit?before=2020-01-01T01:00:00Z',
  '/targets/device',
  '/targets/device/17/jobs',
];

interface Document {
  readonly paths: Readonly<
    Record<string, { readonly get?: { readonly parameters?: readonly { readonly name: string }[] } }>
  >;
}

/**
 * The first page of every list with a few rows and with very many: each list by itself, judged by the worst. Two servers,
 * each on a database of its own, are asked in turns, so that a busy moment of the machine is both's.
 */
export async function measureLists(place: BenchPlace): Promise<BenchRow> {
  const [few, many] = place.sizes.listRows;
  const small = await loadedServer(place, 'bench_lists_few', few);
  const large = await loadedServer(place, 'bench_lists_many', many);
  const times = await timesOf(small, large, place.sizes);
  return listsRow([few, many], times.small, times.large);
}

interface LoadedServer {
  readonly url: string;
  readonly paths: readonly string[];
}

async function loadedServer(place: BenchPlace, database: string, jobs: number): Promise<LoadedServer> {
  const databaseUrl = await freshDatabase(place, database);
  const sql = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  sql.on('error', () => undefined);
  try {
    await loadFleetRows(sql, jobs);
    const child = await place.child('slipway', { ...place.settings('api'), databaseUrl });
    const url = `${await child.ask<string>('url')}/fleet/v1`;
    return { url, paths: await listsOf(url, sql) };
  } finally {
    await sql.end();
  }
}

type Times = ReadonlyMap<string, number>;

function listsRow([few, many]: readonly [number, number], small: Times, large: Times): BenchRow {
  const ratios = [...large].map(([path, ms]) => ({ path, ms, before: small.get(path)!, ratio: ms / small.get(path)! }));
  const worst = ratios.reduce((one, other) => (other.ratio > one.ratio ? other : one));
  return {
    measure: `first page of ${ratios.length} lists, ${whole(many)} jobs`,
    measured: `${median([...large.values()]).toFixed(1)} ms; worst ${worst.path} ${worst.ms.toFixed(1)} ms`,
    baseline: `${median([...small.values()]).toFixed(1)} ms; ${worst.before.toFixed(1)} ms with ${whole(few)}`,
    ratio: worst.ratio,
    aim: `<= ${AIM} for each`,
    met: worst.ratio <= AIM,
    figures: Object.fromEntries(ratios.map(({ path, ms, before }) => [path, [before, ms]])),
  };
}

/** Every list without a parameter in its path, so that one that is added later is measured as well. */
async function listsOf(url: string, sql: pg.Pool): Promise<string[]> {
  const { paths } = (await (await fetch(new URL('/openapi.json', url))).json()) as Document;
  const plain = Object.entries(paths)
    .filter(([path, { get }]) => path.startsWith('/fleet/v1/') && get && !path.includes('{'))
    .filter(([, { get }]) => get!.parameters?.some(({ name }) => name === 'cursor'))
    .map(([path]) => path.slice('/fleet/v1'.length));
  const { rows } = await sql.query<{ id: number; batchId: string }>(
    'select id, batch_id as "batchId" from jobs order by id limit 1',
  );
  const { id, batchId } = rows[0]!;
  const own = [`/batches/${batchId}/jobs`, `/batches/${batchId}/jobs?status=failed`, `/jobs/${id}/logs`];
  return [...plain, ...FILTERED, ...own];
}

/** The median of each. Both have the same lists in the same order: the ids in their paths are the first ones of each. */
async function timesOf(
  small: LoadedServer,
  large: LoadedServer,
  sizes: BenchPlace['sizes'],
): Promise<{ small: Times; large: Times }> {
  const times = small.paths.map((path) => ({ path, small: [] as number[], large: [] as number[] }));
  for (let round = -WARM_UP; round < sizes.listRequests; round += 1) {
    for (const [index, each] of times.entries()) {
      const ms = { small: await timeOf(small, index), large: await timeOf(large, index) };
      if (round < 0) continue;
      each.small.push(ms.small);
      each.large.push(ms.large);
    }
  }
  return {
    small: new Map(times.map((each) => [each.path, median(each.small)])),
    large: new Map(times.map((each) => [each.path, median(each.large)])),
  };
}

async function timeOf({ url, paths }: LoadedServer, index: number): Promise<number> {
  const startedAt = performance.now();
  const answer = await fetch(`${url}${paths[index]}`, { headers: { authorization: `Token ${TOKEN}` } });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`${paths[index]} was answered ${answer.status}`);
  return performance.now() - startedAt;
}

/** Of its own, since the other measures leave rows behind and would be slowed by these. */
async function freshDatabase(place: BenchPlace, name: string): Promise<string> {
  await place.sql.query(`create database ${name}`);
  const url = new URL(place.databaseUrl);
  url.pathname = `/${name}`;
  await migrate(url.href);
  return url.href;
}
