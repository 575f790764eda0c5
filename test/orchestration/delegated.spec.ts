import { Conflict } from '../../src/common/errors.js';
import { type Principal, SYSTEM_PRINCIPAL } from '../../src/auth/principal.js';
import { UsersService } from '../../src/auth/users.service.js';
import { BatchRetriesService } from '../../src/orchestration/batch-retries.service.js';
import { BatchesService } from '../../src/orchestration/batches.service.js';
import { DELEGATED, delegatedJob } from '../../src/orchestration/targets/delegated.js';
import { TargetKinds, type Target, type TargetKind } from '../../src/orchestration/targets/target-kinds.js';
import { batch, Bench, gate, job, OK, step, World } from './probe.js';

let world: World;
let bench: Bench;
const failing = new Set<string>();
const held = new Map<string, () => void>();
const gone = new Set<string>();
/** Those whose start loses its connection once, when it has made its batch. */
const cut = new Set<string>();
/** Who asked for what, as the dialect's service was told. */
const starts: { by: string; id: string; size: unknown }[] = [];

let anna: Principal;
const ANNA: Omit<Principal, 'userId'> = {
  username: 'anna',
  role: 'operator',
  tokenId: 3,
  writeEnabled: true,
  address: '192.0.2.1',
  source: 'token',
};

function thing(id: string): Target {
  return { kind: 'thing', id, label: id, site: 'oslo', tags: [], version: null, state: null };
}

/** A dialect whose service makes a batch of probe jobs for a thing. */
function things(batches: BatchesService): TargetKind {
  return {
    kind: 'thing',
    dialect: 'probe',
    list: async () => [],
    find: async (_sql, ids) => ids.filter((id) => !gone.has(id)).map(thing),
    actions: {
      make: {
        mode: 'delegated',
        summary: 'Makes it',
        schema: {},
        parse: (request) => request,
        start: async (tx, principal, target, request) => {
          if (target.id === 'refused') throw new Conflict('It is being made already');
          starts.push({ by: principal.username, id: target.id, size: request['size'] });
          const spec = { ...job(target.id, [step('one')]), targetKind: 'thing' };
          const { id } = await batches.submit(tx, batch([spec]));
          if (cut.delete(target.id)) await tx.query('select pg_terminate_backend(pg_backend_pid())');
          return id;
        },
      },
    },
  };
}

beforeAll(async () => {
  world = new World();
  world.on('one', async ({ job: { label }, signal }) => {
    if (label.startsWith('held')) {
      await new Promise<void>((resolve) => {
        held.set(label, resolve);
        signal.addEventListener('abort', () => resolve());
      });
    }
    return failing.has(label) ? { outcome: 'failed', message: 'no' } : OK;
  });
  bench = await Bench.start(world, { config: { workerConcurrency: 4 } });
  const get = <T>(token: new (...args: never[]) => T): T => bench.app.app.get(token, { strict: false });
  get(TargetKinds).register(things(get(BatchesService)));
  const wish = { username: 'anna', password: 'long enough', role: 'operator' } as const;
  anna = { ...ANNA, userId: (await get(UsersService).create(SYSTEM_PRINCIPAL, wish)).id };
});
afterAll(() => bench.close());

beforeEach(() => {
  failing.clear();
  held.clear();
  gone.clear();
  starts.length = 0;
});

function submit(waves: string[][], gateSpec = gate()) {
  return bench.submit(
    batch([], {
      kind: DELEGATED,
      waves: waves.map((ids) => ids.map((id) => delegatedJob('make', thing(id), { size: 2 }, anna))),
      waveSpecs: waves.map(() => ({ label: '', gate: gateSpec })),
    }),
  );
}

async function children(): Promise<{ id: string; status: string; label: string }[]> {
  return bench.sql.query(
    `select b.id, b.status, j.label from batches b join jobs j on j.batch_id = b.id
     where j.target_kind = 'thing' order by b.created_at`,
  );
}

describe('work that a dialect does in a batch of its own', () => {
  it('is started once for each target by the one who asked, followed to its end, and gated like any other', async () => {
    const { id } = await submit([['a', 'b'], ['c']]);
    expect(await bench.ended(id)).toBe('succeeded');
    expect(starts.map(({ id: target }) => target).sort()).toEqual(['a', 'b', 'c']);
    expect(starts[0]).toMatchObject({ by: 'anna', size: 2 });
    const jobs = await bench.sql.query<{ target_kind: string; site: string; steps: { state: object }[] }[]>(
      'select target_kind, site, steps from jobs where batch_id = $1 order by id',
      [id],
    );
    const made = (await children()).find(({ label }) => label === 'a')!;
    expect(jobs[0]).toMatchObject({
      target_kind: 'fleet/thing',
      site: 'oslo',
      steps: [{ status: 'success', state: { followed: made.id }, result: { batch: made.id } }],
    });
  });

  it('fails as it fails, and its gate halts the rest', async () => {
    failing.add('d');
    const { id } = await submit([['d'], ['e']]);
    expect(await bench.ended(id)).toBe('failed');
    const made = (await children()).find(({ label }) => label === 'd')!;
    const jobs = await bench.jobs(id);
    expect(jobs[0]).toMatchObject({ status: 'failed', reason: `Batch ${made.id} failed: d: no` });
    expect(jobs[1]).toMatchObject({ status: 'cancelled', attempt: 0 });
    expect(starts.map((start) => start.id)).toEqual(['d']);
  });

  it('says in the words of the dialect why it could not be started, and leaves nothing behind', async () => {
    const before = (await children()).length;
    gone.add('f');
    const { id } = await submit([['refused', 'f']], gate({ maxFailures: 2 }));
    expect(await bench.ended(id)).toBe('failed');
    expect((await bench.jobs(id)).map(({ reason }) => reason).sort()).toEqual([
      'It is being made already',
      'f does not exist any more',
    ]);
    expect(await children()).toHaveLength(before);
  });

  it('is started once, although the connection is cut in the transaction that starts it', async () => {
    cut.add('j');
    const { id } = await submit([['j']]);
    expect(await bench.ended(id)).toBe('succeeded');
    // Asked twice, and what the first time had made went with its transaction.
    expect(starts.map((start) => start.id)).toEqual(['j', 'j']);
    expect((await children()).filter(({ label }) => label === 'j')).toHaveLength(1);
  });

  it('is stopped with its target’s own batch, and says cancelled only when that has ended so', async () => {
    const { id, jobIds } = await submit([['held-g']]);
    await bench.until(() => held.get('held-g'));
    await bench.steer((control, tx) => control.abort(tx, { id, by: 'anna' }));
    expect(await bench.ended(id)).toBe('cancelled');
    const made = (await children()).find(({ label }) => label === 'held-g')!;
    expect(made.status).toBe('cancelled');
    const [row] = (await bench.jobs(id)).filter((each) => each.id === jobIds[0]);
    expect(row!.reason).toBe(`Batch ${made.id} was cancelled`);
  });

  it('is cancelled when somebody stops its target’s own batch', async () => {
    const { id } = await submit([['held-h']]);
    await bench.until(() => held.get('held-h'));
    const made = (await children()).find(({ label }) => label === 'held-h')!;
    await bench.steer((control, tx) => control.abort(tx, { id: made.id, by: 'bert' }));
    expect(await bench.ended(id)).toBe('failed');
    expect((await bench.jobs(id))[0]).toMatchObject({ status: 'cancelled' });
  });

  it('starts a new batch for a target that is tried again, with the rights of who asks for that', async () => {
    failing.add('i');
    const { id } = await submit([['i']]);
    expect(await bench.ended(id)).toBe('failed');
    failing.clear();
    const retries = bench.app.app.get(BatchRetriesService, { strict: false });
    const again = await bench.sql.transaction((tx) =>
      retries.retry(tx, { id, by: 'bert' }, { targets: 'failed', by: { ...SYSTEM_PRINCIPAL, username: 'bert' } }),
    );
    expect(await bench.ended(again.id)).toBe('succeeded');
    expect(starts.map((start) => [start.id, start.by])).toEqual([
      ['i', 'anna'],
      ['i', 'bert'],
    ]);
  });
});
