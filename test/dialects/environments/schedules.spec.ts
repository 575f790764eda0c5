import { jest } from '@jest/globals';
import { Envs, poll, TEMPLATES } from './envs-support.js';
import { type Genesis, type GenesisClient, ok, startGenesis } from './genesis.js';

jest.setTimeout(120_000);

interface Job {
  readonly id: string;
  readonly workflow: string;
  readonly date: number;
  readonly scheduledBy: string;
  readonly variables: Record<string, string>;
  readonly schedule?: string;
  readonly failureDescription?: string;
  readonly links: readonly { readonly href: string; readonly methods: readonly string[] }[];
}

let genesis: Genesis;
let admin: GenesisClient;
let envs: Envs;

beforeAll(async () => {
  const config = { genesisStatusWords: 'wiki', genesisTtlRetry: 1 } as const;
  genesis = await startGenesis({ templates: TEMPLATES, role: 'all', config });
  admin = genesis.as('genesis');
  envs = await Envs.of(genesis);
});
afterAll(() => genesis.close());

/** Its time has come. */
async function expire(id: number): Promise<void> {
  await genesis.test.database.dataSource.query(
    `update environment_schedules set fire_at = now() - interval '1 second' where environment_id = $1`,
    [id],
  );
}

async function jobs(id: number, kind: 'jobs' | 'failedJobs' = 'jobs'): Promise<Job[]> {
  return (await admin.get(`${envs.path}/${id}/${kind}`)).json<{ items: Job[] }>().items;
}

function inAnHour(): number {
  return Date.now() + 3_600_000;
}

describe('an environment whose time to live is over', () => {
  it('is destroyed by the scheduler, for whoever set the time (case 25)', async () => {
    const id = await envs.create('Flows', '1', {}, { timeToLive: 60 });
    await envs.until(id, 'Ready');
    expect(await jobs(id)).toMatchObject([{ workflow: 'destroy', scheduledBy: 'genesis' }]);
    await expire(id);
    const details = await envs.until(id, 'Destroyed');
    expect(details).not.toHaveProperty('timeToLive');
    const newest = await envs.newest(id);
    expect(newest).toMatchObject({ name: 'destroy', startedBy: 'Scheduler / genesis', status: 'Succeed' });
    expect(await jobs(id)).toEqual([]);
  });

  it('is destroyed after the workflow that runs when its time comes', async () => {
    const id = await envs.flows();
    ok(await admin.put(`${envs.path}/${id}/timeToLive`, { value: 60 }));
    await envs.run(id, 'graph');
    await expire(id);
    await envs.until(id, 'Destroyed');
    const { history } = await envs.history(id);
    expect(history.map(({ name, status }) => [name, status])).toEqual([
      ['destroy', 'Succeed'],
      ['graph', 'Succeed'],
      ['create', 'Succeed'],
    ]);
    expect(history[0]!.executionStartedTimestamp!).toBeGreaterThanOrEqual(history[1]!.executionFinishedTimestamp!);
  });

  it('stays when its template refuses, and the refusal is kept, not repeated', async () => {
    const id = await envs.create('Strict', '1');
    await envs.until(id, 'Ready');
    ok(await admin.put(`${envs.path}/${id}/timeToLive`, { value: 60 }));
    await expire(id);
    const [failed] = await poll(
      () => jobs(id, 'failedJobs'),
      (found) => found.length > 0,
    );
    expect(failed).toMatchObject({ workflow: 'destroy', failureDescription: "Variable 'why' is not set" });
    expect(failed!.links[0]!.methods).toEqual(['delete']);
    expect(await envs.details(id)).toMatchObject({ status: 'Ready', historyCount: 1 });
    expect(await jobs(id)).toEqual([]);
    ok(await admin.delete(`${envs.path}/${id}/failedJobs/${failed!.id}`));
    expect((await admin.delete(`${envs.path}/${id}/failedJobs/${failed!.id}`)).statusCode).toBe(404);
    expect(await jobs(id, 'failedJobs')).toEqual([]);
  });
});

describe('a scheduled workflow', () => {
  it('is listed, changed and removed; scheduled twice it is a 409', async () => {
    const id = await envs.flows();
    const path = `${envs.path}/${id}/jobs`;
    const executionDate = inAnHour();
    const job = { workflow: 'hidden', executionDate, parameters: { password: 'open sesame' } };
    const jobId = ok(await admin.post(path, job)).result as string;
    const twice = await admin.post(path, job);
    expect([twice.statusCode, Object.keys(twice.json())]).toEqual([409, ['error']]);
    const [listed] = await jobs(id);
    expect(listed).toMatchObject({ id: jobId, workflow: 'hidden', date: executionDate, scheduledBy: 'genesis' });
    expect(JSON.stringify(listed)).not.toContain('sesame');
    ok(await admin.put(`${path}/${jobId}`, { ...job, executionDate: executionDate + 1000, schedule: '0 0 12 * * ?' }));
    expect(await jobs(id)).toMatchObject([{ id: jobId, date: executionDate + 1000, schedule: '0 0 12 * * ?' }]);
    expect((await admin.put(`${path}/999999`, { ...job, workflow: 'long' })).statusCode).toBe(404);
    expect((await genesis.as('reader').delete(`${path}/${jobId}`)).statusCode).toBe(403);
    ok(await admin.delete(`${path}/${jobId}`));
    expect((await admin.delete(`${path}/${jobId}`)).statusCode).toBe(404);
    expect(await jobs(id)).toEqual([]);
  });

  it('is refused where it could never run', async () => {
    const id = await envs.flows();
    const bad = async (more: object) => {
      const body = { workflow: 'long', executionDate: inAnHour(), parameters: {}, ...more };
      const answer = await admin.post(`${envs.path}/${id}/jobs`, body);
      return [answer.statusCode, answer.json<{ variablesErrors?: object }>().variablesErrors] as const;
    };
    const text = expect.any(String) as string;
    for (const executionDate of [Date.now() + 30_000, 0, 'soon', 1e18, -5]) {
      expect(await bad({ executionDate })).toEqual([400, { executionDate: text }]);
    }
    for (const schedule of ['now and then', '* * * * * *', '0 0 12 ? * ?']) {
      expect(await bad({ schedule })).toEqual([400, { schedule: text }]);
    }
    expect(await bad({ workflow: 'hidden' })).toEqual([400, { password: text }]);
    expect((await bad({ workflow: 'create' }))[0]).toBe(404);
    expect((await bad({ workflow: 'nope' }))[0]).toBe(404);
    expect((await bad({ workflow: null }))[0]).toBe(400);
    expect((await bad({ parameters: [1] }))[0]).toBe(400);
    expect(await jobs(id)).toEqual([]);
  });

  it('runs at its time, and again where it recurs', async () => {
    const id = await envs.flows();
    const job = { workflow: 'ignoring', executionDate: inAnHour(), parameters: {}, schedule: '1d' };
    ok(await admin.post(`${envs.path}/${id}/jobs`, job));
    await expire(id);
    const newest = await poll(
      () => envs.newest(id),
      (run) => run.name === 'ignoring' && run.executionFinishedTimestamp !== undefined,
    );
    expect(newest).toMatchObject({ startedBy: 'Scheduler / genesis', status: 'Warning' });
    const [next] = await jobs(id);
    expect(next!.date - Date.now()).toBeGreaterThan(23 * 3_600_000);
  });
});

describe('a destroyed environment', () => {
  it('gives back the servers that its workflows left with it', async () => {
    const id = await envs.flows();
    const sql = genesis.test.database.dataSource;
    await sql.query(
      `insert into leased_servers (environment_id, role, host_number, instance_id, address, status, lease)
       values ($1, 'web', 0, '4711', '127.0.0.9', 'Ready', '{"id": "4711"}')`,
      [id],
    );
    const seen = { envName: (await envs.details(id)).name, roleName: 'web', instanceId: '4711', address: '127.0.0.9' };
    expect((await envs.details(id))['servers']).toEqual([{ ...seen, status: 'Ready' }]);
    ok(await admin.post(`${envs.path}/${id}/actions/markDestroyed`));
    const { servers } = await poll(
      () => envs.details(id),
      (details) => (details['servers'] as { status: string }[])[0]?.status !== 'Ready',
    );
    expect(servers).toEqual([{ ...seen, status: 'Released' }]);
  });
});

describe('the dashboards', () => {
  it('count what runs and what is scheduled, for those who see everything', async () => {
    const projectId = Number(envs.path.split('/')[2]);
    const id = await envs.flows();
    ok(await admin.put(`${envs.path}/${id}/timeToLive`, { value: 60 }));
    await envs.run(id, 'long');
    const row = async (path: string) => {
      const { items } = (await genesis.as('reader').get(path)).json<{ items: { projectId: number }[] }>();
      return items.find((item) => item.projectId === projectId);
    };
    expect(await row('/workflow-stats')).toMatchObject({ runningWorkflows: 1 });
    expect(await row('/jobs-stat')).toMatchObject({ requestedJobs: expect.any(Number) as number, failedJobs: 0 });
    const running = await admin.get(`/projects/${projectId}/workflows/running`);
    expect(running.json()).toMatchObject([{ name: 'long', envId: id }]);
    const listed = (await admin.get(`/projects/${projectId}/jobs`)).json<{ failed: Job[]; requested: Job[] }>();
    expect(listed.failed).toEqual([]);
    expect(listed.requested).toContainEqual(expect.objectContaining({ envId: id, workflow: 'destroy' }));
    expect((await genesis.as('user').get('/workflow-stats')).statusCode).toBe(403);
    ok(await admin.post(`${envs.path}/${id}/actions/cancel`));
    await envs.until(id, 'Broken');
  });
});

describe('logs of steps', () => {
  it('are HTML or text, in the zone of the reader, and of this environment only', async () => {
    const id = await envs.flows();
    const other = await envs.flows();
    const run = await envs.through(id, 'fails');
    expect(run.status).toBe('Failed');
    const { stepId } = run.steps![0]!;
    const path = `${envs.path}/${id}/logs/${stepId}`;
    await genesis.test.database.dataSource.query(
      `insert into environment_logs (step_id, at, text)
       values ($1, to_timestamp(0), '<b>[link:https://a.example/x|y] [link:javascript:alert(1)|z]')`,
      [stepId],
    );
    const asked = async (accept: string, query = '') => {
      const url = `/rest${path}${query}`;
      const authorization = `Token ${genesis.test.adminToken}`;
      return genesis.test.inject({ url, headers: { authorization, accept } });
    };
    const html = await asked('*/*');
    expect(html.headers['content-type']).toMatch(/^text\/html/);
    expect(html.body).toContain('1/1/70 12:00:00 AM: &lt;b&gt;<a href="https://a.example/x"');
    expect(html.body).not.toMatch(/<a href="javascript|<b>/);
    const plain = await asked('text/plain', '?timezone_offset=-150');
    expect(plain.headers['content-type']).toMatch(/^text\/plain/);
    expect(plain.body).toContain('1/1/70 2:30:00 AM: <b>');
    expect(plain.body).toContain('FAILURE: Simulated failure, try 1');
    expect((await asked('text/plain', '?timezone_offset=&include_actions=')).statusCode).toBe(200);
    for (const wrong of ['NaN', '1.5', '1e2', '1441', 'x', '0&timezone_offset=0']) {
      const answer = await asked('text/plain', `?timezone_offset=${wrong}`);
      expect([wrong, answer.statusCode, answer.json()]).toEqual([
        wrong,
        400,
        { error: 'Invalid value of timezone_offset' },
      ]);
    }
    for (const wrong of ['yes', '1', 'TRUE', 'true&include_actions=true']) {
      const answer = await asked('text/plain', `?include_actions=${wrong}`);
      expect([wrong, answer.statusCode, answer.json()]).toEqual([
        wrong,
        400,
        { error: 'Invalid value of include_actions' },
      ]);
    }
    expect((await admin.get(`${envs.path}/${other}/logs/${stepId}`)).statusCode).toBe(404);
    expect((await admin.get(`${envs.path}/${other}/steps/${stepId}/actions`)).statusCode).toBe(404);
    for (const uuid of ['x', '00000000-0000-4000-8000-000000000000']) {
      expect((await admin.get(`${envs.path}/${id}/action_logs/${uuid}`)).statusCode).toBe(404);
    }
    const { items } = (await admin.get(`${envs.path}/${id}/steps/${stepId}/actions`)).json<{
      items: { uuid: string; status: string }[];
    }>();
    expect(items).toMatchObject([{ status: 'Failed', attachments: [] }]);
    const attachments = await admin.get(`${envs.path}/${id}/steps/${stepId}/actions/${items[0]!.uuid}/attachments`);
    expect(attachments.json()['items']).toEqual([]);
    const [created] = (await envs.history(id, '?page_offset=1')).history;
    expect(created).not.toHaveProperty('steps');
  });
});
