import { randomUUID } from 'node:crypto';
import { ADMIN_PASSWORD, type TestApp } from '../../support/app.js';
import type { TestAnswer } from '../../support/request.js';
import { designText, type Drydock, scriptAction, startDrydock, type TaskWire, until } from './drydock.js';

interface Catalog {
  readonly token: {
    readonly catalog: readonly {
      readonly type: string;
      readonly endpoints: readonly { readonly interface: string; readonly url: string }[];
    }[];
  };
}

/** The calls of drydock_client (library and command line) and of Shipyard, as spec drydock section 8 found them. */
class DrydockClient {
  token = '';
  readonly marker = randomUUID();

  constructor(private readonly test: TestApp) {}

  /** keystoneauth: a password, and the catalog's internal endpoint, of which only scheme, host and port are used. */
  async logIn(): Promise<string> {
    const user = { name: 'admin', domain: { name: 'Default' }, password: ADMIN_PASSWORD };
    const scope = { project: { name: 'service', domain: { name: 'Default' } } };
    const payload = { auth: { identity: { methods: ['password'], password: { user } }, scope } };
    const answer = await this.test.inject({ method: 'POST', url: '/keystone/v3/auth/tokens', payload });
    this.token = String(answer.headers['x-subject-token']);
    const services = answer.json<Catalog>().token.catalog.filter(({ type }) => type === 'physicalprovisioner');
    return services[0]!.endpoints.find((endpoint) => endpoint.interface === 'internal')!.url;
  }

  /** It logs in again once on a 401, and then raises. */
  async call(method: string, path: string, payload?: unknown): Promise<TestAnswer> {
    const send = () =>
      this.test.inject({
        method,
        url: `/api/v1.0/${path}`,
        headers: {
          'x-auth-token': this.token,
          'x-context-marker': this.marker,
          'x-end-user': 'ann',
          accept: '*/*',
          'accept-encoding': 'gzip, deflate',
        },
        payload,
      });
    const answer = await send();
    if (answer.statusCode !== 401) return answer;
    await this.logIn();
    return send();
  }

  async get<T>(path: string): Promise<T> {
    const answer = await this.call('GET', path);
    expect([path, answer.statusCode, answer.body]).toEqual([path, 200, expect.any(String)]);
    return answer.json<T>();
  }

  async createTask(action: string, design_ref: string, node_filter: unknown = null): Promise<TaskWire> {
    const answer = await this.call('POST', 'tasks', { action, design_ref, node_filter });
    expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
    const task = answer.json<TaskWire>();
    expect(answer.headers.location).toBe(`/api/v1.0/tasks/${task.task_id}`);
    return task;
  }

  ended(id: string): Promise<TaskWire> {
    return until(
      () => this.get<TaskWire>(`tasks/${id}`),
      ({ status }) => ['complete', 'terminated'].includes(status),
    );
  }
}

/** `drydock task create -n a,b -r c`, and Shipyard's two. */
const cliFilter = (node_names: readonly string[], rack_names: readonly string[] = []) => ({
  filter_set_type: 'intersection',
  filter_set: [{ filter_type: 'union', node_names, rack_names }],
});
const shipyardFilter = (node_names: readonly string[]) => ({
  filter_set_type: 'union',
  filter_set: [{ filter_type: 'union', node_names }],
});
const shipyardCriteria = (node_labels: Record<string, string>) => ({
  filter_set_type: 'union',
  filter_set: [
    { filter_type: 'intersection', node_names: [], node_tags: [], node_labels, rack_names: [], rack_labels: {} },
  ],
});

describe('the calls of drydock’s client', () => {
  let drydock: Drydock;
  let client: DrydockClient;
  let ref: string;

  beforeAll(async () => {
    drydock = await startDrydock();
    client = new DrydockClient(drydock.test);
    const labels = { zone: 'z1' };
    const nodes = [
      { name: 'n1', labels },
      { name: 'n2', labels },
    ];
    const bootActions = { quiet: { ...scriptAction(), signaling: false } };
    ref = drydock.web.put('/site.yaml', designText({ nodes, bootActions }));
  });
  afterAll(() => drydock.close());

  it('find the service in the catalog, after a log-in with a password', async () => {
    expect(await client.logIn()).toBe(`${drydock.test.url}/api/v1.0`);
    expect(await client.get('tasks')).toEqual([]);
    expect(await client.get('nodes')).toEqual([]);
  });

  it('log in again when the token has ended', async () => {
    client.token = 'f'.repeat(40);
    await client.get('tasks');
    expect(client.token).not.toBe('f'.repeat(40));
  });

  it('validate a design', async () => {
    const answer = await client.call('POST', 'validatedesign', {
      rel: 'design',
      href: ref,
      type: 'application/x-yaml',
    });
    expect([answer.statusCode, answer.json()]).toEqual([
      200,
      expect.objectContaining({ status: 'Success', code: 200 }),
    ]);
  });

  it('ask which nodes a filter means', async () => {
    const names = async (node_filter: unknown) =>
      (await client.call('POST', 'nodefilter', { node_filter, design_ref: ref })).json<string[]>();
    expect(await names(null)).toEqual(['n1', 'n2']);
    expect(await names(cliFilter(['n2']))).toEqual(['n2']);
    expect(await names(shipyardFilter(['n1']))).toEqual(['n1']);
    expect(await names(shipyardCriteria({ zone: 'z1' }))).toEqual(['n1', 'n2']);
    expect(await names(shipyardCriteria({}))).toEqual([]);
  });

  it('create tasks and follow them to their end, as Shipyard judges it', async () => {
    for (const action of ['verify_site', 'prepare_site', 'verify_nodes', 'prepare_nodes', 'deploy_nodes']) {
      const { task_id: id, status } = await client.createTask(
        action,
        ref,
        action.endsWith('site') ? null : cliFilter(['n1']),
      );
      expect(['requested', 'queued', 'running']).toContain(status);
      const task = await client.ended(id);
      expect([action, task.status, task.result.status]).toEqual([action, 'complete', 'success']);
      // Shipyard reads the list, finds tasks in it by their ids, and goes down by the subtasks'.
      const list = await client.get<TaskWire[]>('tasks');
      const byId = new Map(list.map((one) => [one.task_id, one]));
      const seen = [id];
      for (const each of seen) {
        const one = byId.get(each);
        expect(one).toMatchObject({
          kind: 'Task',
          apiVersion: 'v1',
          task_id: each,
          created_by: 'admin',
          design_ref: ref,
        });
        expect(one!.result.details.messageList.every(({ message }) => typeof message === 'string')).toBe(true);
        seen.push(...one!.subtask_id_list);
      }
      if (!action.endsWith('site')) {
        expect(task.result).toMatchObject({ successes: ['n1'], failures: [] });
      }
    }
  });

  it('show a task with everything below it', async () => {
    const { task_id: id } = (await client.get<TaskWire[]>('tasks')).find(({ action }) => action === 'deploy_nodes')!;
    const shown = await client.get<Record<string, unknown>>(`tasks/${id}?builddata=true&subtaskerrors=true&layers=2`);
    expect(shown).toMatchObject({ init_task_id: id, [id]: { action: 'deploy_nodes' }, subtask_errors: {} });
    const plain = await client.get<Record<string, unknown>>(`tasks/${id}?builddata=true&subtaskerrors=true`);
    expect(plain).toMatchObject({ task_id: id, build_data: expect.any(Array), subtask_errors: {} });
    for (const path of [`tasks/${id}`, `tasks/${id}/`, `tasks/${id}?layers=0`]) {
      expect(await client.get(path)).toMatchObject({ task_id: id });
    }
  });

  it('list the nodes with the eight columns of its table', async () => {
    const nodes = await client.get<Record<string, unknown>[]>('nodes');
    const columns = [
      'boot_ip',
      'boot_mac',
      'cpu_count',
      'hostname',
      'memory',
      'power_address',
      'power_state',
      'status_name',
    ];
    const first = nodes.find(({ hostname }) => hostname === 'n1')!;
    expect(Object.keys(first).sort()).toEqual(columns);
    expect(first).toMatchObject({ status_name: 'Deployed' });
  });

  it('read build data by Python’s words for true and false', async () => {
    for (const latest of ['True', 'False', 'true', 'false']) {
      const answer = await client.call('GET', `nodes/n1/builddata?latest=${latest}`);
      if (answer.statusCode === 404) continue;
      const data = answer.json<Record<string, unknown>[]>();
      expect(data[0]).toMatchObject({ node_name: 'n1', task_id: expect.any(String), data_element: expect.any(String) });
    }
    expect((await client.call('GET', 'nodes/nobody/builddata?latest=True')).statusCode).toBe(404);
  });

  it('delete what is old', async () => {
    const before = (await client.get<TaskWire[]>('tasks')).length;
    const answer = await client.call('DELETE', 'tasks?days=30');
    expect([answer.statusCode, answer.body]).toEqual([200, expect.stringContaining('Tables purged successfully.')]);
    expect(await client.get<TaskWire[]>('tasks')).toHaveLength(before);
  });
});
