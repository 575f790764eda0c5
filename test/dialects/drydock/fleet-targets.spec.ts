import { SYSTEM_PRINCIPAL } from '../../../src/auth/principal.js';
import { TokensService } from '../../../src/auth/tokens.service.js';
import { UsersService } from '../../../src/auth/users.service.js';
import type { TestAnswer } from '../../support/request.js';
import { designText, type Drydock, type NodeWish, scriptAction, startDrydock, until } from './drydock.js';

let drydock: Drydock;
let olga: string;
/** What its rules let operators do is the mildest of the actions. */
const RULES = new Map([
  ['create_task', ['member']],
  ['verify_nodes', ['member']],
]);
const FAILING = { type: 'simulated', simulated_ms: '10', simulated_failing: 'deploy' };
const NODES: readonly NodeWish[] = [
  { name: 'a1', rack: 'r1', tags: ['edge'] },
  { name: 'a2', rack: 'r2', tags: ['edge', 'ssd'] },
  { name: 'a3', rack: 'r2', oob: { ...FAILING, simulated_failures: '1' } },
  { name: 'a4', rack: 'r2', oob: FAILING },
];

beforeAll(async () => {
  drydock = await startDrydock({ config: { drydockPolicy: RULES } });
  const { app } = drydock.test;
  const user = await app
    .get(UsersService)
    .create(SYSTEM_PRINCIPAL, { username: 'olga', password: 'long enough', role: 'operator' });
  olga = (await app.get(TokensService).create(SYSTEM_PRINCIPAL, user.id, { description: 'olga' })).key;
  const ref = drydock.files.write('seen.yaml', designText({ nodes: NODES }));
  await drydock.ended(await drydock.start('verify_nodes', ref));
});
afterAll(() => drydock.close());

function fleet(method: string, path: string, payload?: unknown, token = drydock.test.adminToken): Promise<TestAnswer> {
  const headers = { authorization: `Token ${token}` };
  return drydock.test.inject({ method, url: `/fleet/v1${path}`, payload, headers });
}

interface Batch {
  readonly id: string;
  readonly outcome: string | null;
}

function ask(action: string, ids: readonly string[], parameters: object, more: object = {}, token?: string) {
  return fleet('POST', '/batches', { targets: { kind: 'drydock-node', ids }, action, parameters, ...more }, token);
}

async function make(...wish: Parameters<typeof ask>): Promise<string> {
  const answer = await ask(...wish);
  expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
  return answer.json<Batch>().id;
}

async function ended(id: string): Promise<string | null> {
  const batch = await until(
    async () => (await fleet('GET', `/batches/${id}`)).json<Batch>(),
    ({ outcome }) => outcome !== null,
  );
  return batch.outcome;
}

interface Job {
  readonly id: number;
  readonly target: { readonly kind: string; readonly id: string };
  readonly status: string;
  readonly reason: string | null;
}
const jobs = async (id: string): Promise<Job[]> =>
  (await fleet('GET', `/batches/${id}/jobs`)).json<{ items: Job[] }>().items;

function sql<Row>(query: string, parameters: unknown[] = []): Promise<Row[]> {
  return drydock.test.database.dataSource.query<Row[]>(query, parameters);
}

interface Task {
  readonly id: string;
  readonly batch: string;
  readonly action: string;
  readonly created_by: string;
  readonly result: string;
  readonly names: string[];
}
/** The tasks that Drydock made for a batch, in the order of its targets. */
const tasksOf = (batchId: string) =>
  sql<Task>(
    `select t.id, t.batch_id as batch, t.action, t.created_by, t.result_status as result, t.node_names as names
     from jobs j join drydock_tasks t on t.batch_id::text = j.steps -> 0 -> 'state' ->> 'followed' and t.parent_id is null
     where j.batch_id = $1 order by j.position`,
    [batchId],
  );

describe('the nodes of Drydock, as targets', () => {
  const ids = async (query: string) =>
    (await fleet('GET', `/targets/drydock-node${query}`)).json<{ items: { id: string }[] }>().items.map(({ id }) => id);

  it('are those it has seen, with where they are and what they are called', async () => {
    expect(await ids('')).toEqual(['a1', 'a2', 'a3', 'a4']);
    expect((await fleet('GET', '/targets/drydock-node/a2')).json()).toEqual({
      kind: 'drydock-node',
      id: 'a2',
      label: 'a2',
      site: 'r2',
      tags: ['edge', 'ssd'],
      version: null,
      state: 'New',
    });
    expect([await ids('?site=r1'), await ids('?tag=ssd'), await ids('?text=A4'), await ids('?state=Deployed')]).toEqual(
      [['a1'], ['a2'], ['a4'], []],
    );
    const first = (await fleet('GET', '/targets/drydock-node?limit=3')).json<{ next_cursor: string }>();
    expect(await ids(`?limit=3&cursor=${first.next_cursor}`)).toEqual(['a4']);
    expect((await fleet('GET', '/targets/drydock-node/nobody')).statusCode).toBe(404);
    expect((await fleet('GET', '/targets/drydock-node/a%001')).statusCode).toBe(404);
  });
});

describe('a batch of them', () => {
  const deployed = async () =>
    (await fleet('GET', '/targets/drydock-node?state=Deployed'))
      .json<{ items: { id: string }[] }>()
      .items.map(({ id }) => id);

  it('is a task for each, in the name of who asked, and as good as its task: not as its every attempt', async () => {
    const ref = drydock.files.write('deploy.yaml', designText({ nodes: NODES }));
    const id = await make('deploy_nodes', ['a1', 'a3'], { design_ref: ref });
    expect(await ended(id)).toBe('succeeded');
    const tasks = await tasksOf(id);
    expect(tasks).toMatchObject([
      { action: 'deploy_nodes', created_by: 'admin', result: 'success', names: ['a1'] },
      { action: 'deploy_nodes', created_by: 'admin', result: 'success', names: ['a3'] },
    ]);
    // The first attempt at it failed, and that is how its batch ended.
    expect(await sql('select status from batches where id = $1', [tasks[1]!.batch])).toEqual([{ status: 'failed' }]);
    // What was done to a node is found by its name, whoever asked for it.
    const done = (await fleet('GET', '/targets/drydock-node/a1/jobs')).json<{ items: { batch_id: string }[] }>();
    const batches = done.items.map((job) => job.batch_id);
    expect(batches).toEqual(expect.arrayContaining([id, tasks[0]!.batch]));
    expect(batches).not.toContain(tasks[1]!.batch);
    expect(await deployed()).toEqual(['a1', 'a3']);
  });

  it('fails with the node, and its gate keeps the next rack from it', async () => {
    const ref = drydock.files.write('deploy.yaml', designText({ nodes: NODES }));
    const id = await make(
      'deploy_nodes',
      ['a4', 'a1'],
      { design_ref: ref },
      {
        waves: { by: 'site', sites: ['r2', 'r1'] },
        gate: { max_failures: 0 },
      },
    );
    expect(await ended(id)).toBe('halted');
    const [failed, kept] = await jobs(id);
    const [task] = await tasksOf(id);
    expect(failed).toMatchObject({ target: { kind: 'drydock-node', id: 'a4' }, status: 'failed' });
    expect(failed!.reason).toContain(`Batch ${task!.batch} failed: deploy_node a4`);
    expect(kept).toMatchObject({ target: { id: 'a1' }, status: 'cancelled' });
    expect(task).toMatchObject({ result: 'failure', names: ['a4'] });
  });

  it('fails for a node that the design does not have: nothing was done to it', async () => {
    const ref = drydock.files.write('others.yaml', designText({ nodes: [{ name: 'other' }] }));
    const id = await make('destroy_nodes', ['a1'], { design_ref: ref });
    expect(await ended(id)).toBe('failed');
    expect((await jobs(id))[0]!.reason).toContain('The design has no such node');
  });

  it('ends its tasks when it is aborted', async () => {
    const hello = { ...scriptAction(), signaling: true };
    const ref = drydock.files.write('silent.yaml', designText({ nodes: NODES, bootActions: { hello } }));
    const id = await make('deploy_nodes', ['a2'], { design_ref: ref });
    // The node never reports.
    const waiting = `select 1 from jobs where label = 'bootaction_report' and status = 'waiting' and batch_id = $1`;
    await until(
      async () => {
        const [task] = await tasksOf(id);
        return task ? sql(waiting, [task.batch]) : [];
      },
      (rows) => rows.length > 0,
    );
    expect((await fleet('POST', `/batches/${id}/abort`)).statusCode).toBe(200);
    expect(await ended(id)).toBe('cancelled');
    const [task] = await tasksOf(id);
    expect(await drydock.task(task!.id)).toMatchObject({ status: 'terminated', terminated_by: 'admin' });
    const events = await sql<{ action: string }>(
      `select action from audit_events where object_type = 'drydock_task' and object_id = $1 order by id`,
      [task!.id],
    );
    expect(events.map(({ action }) => action)).toEqual(['create', 'terminate', 'task_end']);
  });

  it('is made only by those whom Drydock’s rules let do it', async () => {
    const ref = drydock.files.write('rules.yaml', designText({ nodes: NODES }));
    const before = await sql('select id from batches');
    const refused = await ask('destroy_nodes', ['a1'], { design_ref: ref }, { on_refused: 'skip' }, olga);
    expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([403, 'role']);
    expect(await sql('select id from batches')).toHaveLength(before.length);
    const id = await make('verify_nodes', ['a1'], { design_ref: ref }, {}, olga);
    expect(await ended(id)).toBe('succeeded');
    expect(await tasksOf(id)).toMatchObject([{ action: 'verify_nodes', created_by: 'olga' }]);
  });

  it.each([
    ['none', {}],
    ['a list', { design_ref: ['file:///x'] }],
    ['no address', { design_ref: 'x' }],
    ['a password', { design_ref: 'https://me:hidden@host/design' }],
    ['NUL', { design_ref: 'file:///x\0' }],
    ['a filter of their own', { design_ref: 'file:///x', node_filter: null }],
  ])('is refused for a design that is %s', async (_what, parameters) => {
    const answer = await ask('deploy_nodes', ['a1'], parameters);
    const problem = answer.json<{ code: string; errors: { pointer: string }[] }>();
    expect([answer.statusCode, problem.code]).toEqual([400, 'invalid_fields']);
    expect(problem.errors[0]!.pointer).toMatch(/^\/parameters\/(design_ref|node_filter)$/);
    expect(answer.body).not.toContain('hidden');
  });
});
