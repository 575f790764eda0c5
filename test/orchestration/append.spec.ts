import { batch, Bench, job, World } from './probe.js';

describe('jobs added to a batch', () => {
  let world: World;
  let bench: Bench;

  beforeEach(async () => {
    world = new World();
    bench = await Bench.start(world);
  });
  afterEach(() => bench.close());

  it('from the end of another run after it, and the batch ends with the last', async () => {
    world.onFinished = async (tx, { batchId, targetId }) => {
      const next = { a: ['b', 'c'], b: ['d'] }[targetId] ?? [];
      await bench.append(
        tx,
        batchId,
        next.map((label) => job(label)),
      );
    };
    const { id } = await bench.submit(batch([job('a')]));
    expect(await bench.ended(id)).toBe('succeeded');
    const jobs = await bench.jobs(id);
    expect(jobs.map(({ label }) => label).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(jobs.map(({ status }) => status)).toEqual(Array(4).fill('succeeded'));
    const rows = await bench.sql.query<object[]>(
      `select b.jobs_total as total, array_agg(j.position order by j.position) as positions
       from batches b join jobs j on j.batch_id = b.id where b.id = $1 group by b.id`,
      [id],
    );
    expect(rows).toEqual([{ total: 4, positions: [0, 1, 2, 3] }]);
    expect(world.endedBatches).toHaveLength(1);
  });

  it('are not there when the transaction that added them was rolled back', async () => {
    let refused = 0;
    world.onFinished = async (tx, { batchId, targetId }) => {
      if (targetId !== 'a') return;
      await bench.append(tx, batchId, [job('b')]);
      refused += 1;
      // As when two processes lose a deadlock: the end is written again, from the beginning.
      if (refused === 1) await tx.query(`do $$ begin raise exception 'again' using errcode = '40001'; end $$`);
    };
    const { id } = await bench.submit(batch([job('a')]));
    expect(await bench.ended(id)).toBe('succeeded');
    expect(refused).toBe(2);
    expect((await bench.jobs(id)).map(({ label }) => label)).toEqual(['a', 'b']);
  });

  it('are refused by a batch that has ended, and by steps nobody can run', async () => {
    const { id } = await bench.submit(batch([job('a')]));
    const stranger = [{ ...job('x'), steps: [{ ...job('x').steps[0]!, kind: 'nobody' }] }];
    await expect(bench.sql.transaction((tx) => bench.append(tx, id, stranger))).rejects.toThrow(/ended|No handler/);
    expect(await bench.ended(id)).toBe('succeeded');
    await expect(bench.sql.transaction((tx) => bench.append(tx, id, [job('b')]))).rejects.toThrow('ended');
    expect(await bench.jobs(id)).toHaveLength(1);
  });
});
