import { performance } from 'node:perf_hooks';
import { ProviderTurns } from '../../../src/nodepool/providers/provider-turns.service.js';
import { Engine, snapshotYaml, readyImage } from './engine.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';

const RATE_S = 0.5;

/** The beginnings of so many calls, taken in turns by both processes at the same time. */
async function beginnings(turns: readonly ProviderTurns[], provider: string, count: number): Promise<number[]> {
  const signal = new AbortController().signal;
  const begun: number[] = [];
  await Promise.all(
    Array.from({ length: count }, async (_, at) => {
      await turns[at % turns.length]!.take(provider, RATE_S, signal);
      begun.push(performance.now());
    }),
  );
  return begun.sort((a, b) => a - b);
}

function shortestGap(times: readonly number[]): number {
  return Math.min(...times.slice(1).map((time, at) => time - times[at]!));
}

describe('the rate queue (acceptance case 28)', () => {
  let database: TestDatabase;
  let one: Engine;
  let two: Engine;
  beforeAll(async () => {
    database = await cloneDatabase();
    one = await Engine.start(snapshotYaml({ minReady: -1 }), { database });
    two = await Engine.start(snapshotYaml({ minReady: -1 }), { database });
  });
  afterAll(async () => {
    await two.close();
    await one.close();
    await database.drop();
  });

  it('lets calls begin no sooner after one another than the rate, over all processes', async () => {
    const turns = [one, two].map(({ app }) => app.app.get(ProviderTurns, { strict: false }));
    const begun = await beginnings(turns, 'paced', 8);
    expect(begun).toHaveLength(8);
    expect(shortestGap(begun)).toBeGreaterThanOrEqual(RATE_S * 1000);
  });

  it('knows each provider by itself', async () => {
    const turns = [one, two].map(({ app }) => app.app.get(ProviderTurns, { strict: false }));
    const [left, right] = await Promise.all([beginnings(turns, 'left', 4), beginnings(turns, 'right', 4)]);
    expect(shortestGap(left!)).toBeGreaterThanOrEqual(RATE_S * 1000);
    expect(shortestGap(right!)).toBeGreaterThanOrEqual(RATE_S * 1000);
    // Neither waited for the other to be through.
    expect(left![0]).toBeLessThan(right![3]!);
    expect(right![0]).toBeLessThan(left![3]!);
  });

  it('stops waiting when the caller does', async () => {
    const turns = one.app.app.get(ProviderTurns, { strict: false });
    await turns.take('slow', 30, new AbortController().signal);
    await expect(turns.take('slow', 30, AbortSignal.timeout(100))).rejects.toMatchObject({ code: 'aborted' });
  });

  it('is kept by the jobs themselves: launches and deletions of many nodes', async () => {
    const yaml = snapshotYaml({ minReady: 3, rate: RATE_S });
    await readyImage(one.sql);
    await one.rewrite(yaml);
    await two.rewrite(yaml);
    await one.ready(3);
    const times = await one.sql.query<{ at: number }[]>(
      `select extract(epoch from called_at)::double precision * 1000 as at from fake_calls
       where provider_name = 'fake-provider' order by called_at`,
    );
    const paced = times.map(({ at }) => at);
    expect(paced.length).toBeGreaterThanOrEqual(6);
    // Written down after the call began, each a little later: what that costs is not the queue's.
    const spans = paced.slice(3).map((time, at) => time - paced[at]!);
    expect(Math.min(...spans)).toBeGreaterThanOrEqual(3 * RATE_S * 1000 * 0.8);
  });
});
