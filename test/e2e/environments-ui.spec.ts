import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { poll } from '../dialects/environments/envs-support.js';
import { type Genesis, startGenesis, USERS } from '../dialects/environments/genesis.js';
import type { TestAnswer } from '../support/request.js';

jest.setTimeout(180_000);

const SAMPLES = join(import.meta.dirname, '..', '..', 'templates');
const TYPE = (model: string) => `application/vnd.griddynamics.genesis.${model}+json`;

const SLOW = `
name: Slow
version: "1.10"
createWorkflow: create
destroyWorkflow: destroy
workflows:
  create: {steps: [{kind: simulate, phase: wait, durationMs: 60000}]}
  destroy: {steps: [{kind: simulate}]}
`;

interface Link {
  rel: string;
  href: string;
  methods: string[];
  type?: string;
}

interface Linked {
  links: Link[];
}

interface Listed<T = unknown> extends Linked {
  items: (T & Linked)[];
}

interface Result<T> {
  isSuccess: boolean;
  result: T;
}

interface Variable {
  name: string;
  values?: Record<string, string>;
  dependsOn?: string[];
  defaultValue: unknown;
}

interface Step {
  stepId: string;
  phase: string;
  status: string;
}

interface Details extends Linked {
  envId: number;
  status: string;
  historyCount: number;
  timeToLive?: number;
}

interface History {
  history: { name: string; status: string; steps: Step[]; stepsCompleted: number; startedBy: string }[];
  totalCount: number;
}

/** The web interface in the browser: a session's cookie, jQuery's headers, and links found by their types. */
class Browser {
  private cookie = '';

  constructor(private readonly genesis: Genesis) {}

  async signIn(user: keyof typeof USERS, password: string = USERS[user].password): Promise<unknown> {
    const answer = await this.genesis.test.inject({
      method: 'POST',
      url: '/signin',
      payload: new URLSearchParams({ j_username: user, j_password: password }).toString(),
      headers: { ...this.headers(), 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' },
    });
    this.cookie = answer.headers['set-cookie']?.[0]?.split(';')[0] ?? this.cookie;
    return answer.json();
  }

  /** By a path, or by the address of a link. */
  async send(method: string, where: string, payload?: unknown, accept?: string): Promise<TestAnswer> {
    const url = where.replace(this.genesis.test.url, '');
    return this.genesis.test.inject({
      method,
      url,
      payload,
      headers: { ...this.headers(), ...(accept && { accept }) },
    });
  }

  async get<T>(where: string): Promise<T> {
    const answer = await this.send('GET', where);
    expect([where, answer.statusCode]).toEqual([where, 200]);
    return answer.json<T>();
  }

  async change<T>(method: string, where: string, payload?: unknown): Promise<T> {
    const answer = await this.send(method, where, payload);
    expect([where, answer.statusCode, answer.json<Result<T>>().isSuccess]).toEqual([where, 200, true]);
    return answer.json<Result<T>>().result;
  }

  private headers(): Record<string, string> {
    return {
      accept: 'application/json, text/javascript, */*; q=0.01',
      'x-requested-with': 'XMLHttpRequest',
      origin: this.genesis.test.url,
      'sec-fetch-site': 'same-origin',
      ...(this.cookie !== '' && { cookie: this.cookie }),
    };
  }
}

function hrefOf({ links }: Linked, model: string, verb = 'get'): string {
  const found = links.find(({ type, methods }) => type === TYPE(model) && methods.includes(verb));
  if (found === undefined) throw new Error(`no link of ${model} to ${verb} in ${JSON.stringify(links)}`);
  return found.href;
}

let genesis: Genesis;
let browser: Browser;
beforeAll(async () => {
  const sample = (file: string) => [file, readFileSync(join(SAMPLES, file), 'utf8')] as const;
  const templates = { ...Object.fromEntries(['erlang.yaml', 'simple.yaml'].map(sample)), 'slow.yaml': SLOW };
  genesis = await startGenesis({ templates, role: 'all' });
  browser = new Browser(genesis);
});
afterAll(() => genesis.close());

/** One visit, in the order the interface makes its calls: each test goes on where the one before it ended. */
describe('the web interface', () => {
  let projectHref = '';
  let envsHref = '';
  let envId = 0;
  const envHref = () => `${envsHref}/${envId}`;
  const details = (href = envHref()) => browser.get<Details>(href);
  const until = (status: string, href = envHref()) =>
    poll(
      () => details(href),
      (env) => env.status === status,
    );

  it('signs in, and finds the projects by the type of their link', async () => {
    const before = await browser.send('GET', '/rest');
    // No `Basic`: the browser would open a window of its own.
    expect([before.statusCode, before.headers['www-authenticate']]).toEqual([401, 'Session realm="Genesis"']);
    expect(await browser.signIn('genesis', 'wrong')).toEqual({ success: false, errors: 'Login failed. Try again.' });
    expect(await browser.signIn('genesis')).toEqual({ success: true });
    const root = await browser.get<Linked & { user: string; administrator: boolean }>('/rest');
    expect(root).toMatchObject({ user: 'genesis', administrator: true });
    expect(root.links.find(({ rel }) => rel === 'logout')?.href).toBe(`${genesis.test.url}/logout`);
    const projects = hrefOf(root, 'Project');
    const { id } = await browser.change<{ id: number }>('POST', projects, { name: 'Web', projectManager: 'Ann' });
    projectHref = hrefOf(
      (await browser.get<Listed<{ id: number }>>(projects)).items.find((one) => one.id === id)!,
      'Project',
    );
    const project = await browser.get<Linked>(projectHref);
    envsHref = hrefOf(project, 'Environment', 'post');
    expect(hrefOf(project, 'SystemSettings')).toBe(`${projectHref}/settings`);
    expect(await browser.get(`${projectHref}/permissions`)).toHaveLength(2);
  });

  it('offers templates, configurations and variables with lists', async () => {
    const templates = await browser.get<{ name: string; version: string; createWorkflow: string }[]>(
      `${projectHref}/templates`,
    );
    expect(templates.map(({ name }) => name).sort()).toEqual(['Erlang', 'Simple', 'Slow']);
    const configs = await browser.get<Listed<{ id: number }>>(`${projectHref}/configs`);
    const usable = configs.items.filter(({ links }) =>
      links.some(({ type, methods }) => type === TYPE('Environment') && methods.includes('post')),
    );
    expect(usable).toHaveLength(1);
    const create = `${projectHref}/templates/Erlang/v2.0/create`;
    const { result } = await browser.get<Result<{ variables: Variable[] }>>(
      `${create}?configurationId=${usable[0]!.id}`,
    );
    const byName = new Map(result.variables.map((variable) => [variable.name, variable]));
    // A drop-down is drawn wherever the key is, so it must not be there without a list.
    expect(Object.hasOwn(byName.get('nodesCount')!, 'values')).toBe(false);
    expect(byName.get('nodesCount')!.defaultValue).toBeNull();
    expect(byName.get('region')!.values).toEqual({ eu: 'Europe', us: 'USA' });
    expect(byName.get('zone')!.dependsOn).toEqual(['region']);
    const asked = { variables: { region: 'us' }, configurationId: usable[0]!.id };
    const dependent = await browser.change<Variable[]>('POST', create, asked);
    expect(dependent.find(({ name }) => name === 'zone')?.values).toEqual({ u1: 'USA 1' });
  });

  it('makes an environment, goes where `result` says, and polls it', async () => {
    const [config] = (await browser.get<Listed<{ id: number }>>(`${projectHref}/configs`)).items;
    const body = { envName: 'erlt', templateName: 'Erlang', templateVersion: '2.0', configId: String(config!.id) };
    const refusal = await browser.send('POST', envsHref, { ...body, variables: { nodesCount: 'many' } });
    expect(refusal.statusCode).toBe(400);
    expect(Object.keys(refusal.json<{ variablesErrors: object }>().variablesErrors)).toEqual(['nodesCount']);
    envId = await browser.change<number>('POST', envsHref, {
      ...body,
      variables: { nodesCount: '4', region: 'eu', zone: '' },
      timeToLive: '240',
    });
    expect(Number.isInteger(envId)).toBe(true);
    const ready = await until('Ready');
    expect(ready).toMatchObject({ envId, historyCount: 1, attributes: { nodes: { value: '4' } } });
    expect(ready.timeToLive).toBeGreaterThan(230 * 60_000);
    const list = await browser.get<Listed<{ id: number; status: string }>>(
      `${envsHref}?filter=${encodeURIComponent('statuses[Busy,Ready,Broken]')}&sorting=name`,
    );
    expect(list.items.map(({ id, status }) => [id, status])).toEqual([[envId, 'Ready']]);
    expect(hrefOf(list, 'Environment', 'post')).toBe(envsHref);
    for (const part of ['jobs', 'failedJobs']) {
      const listed = await browser.get<Listed>(`${envHref()}/${part}`);
      expect([part, Array.isArray(listed.items), Array.isArray(listed.links)]).toEqual([part, true, true]);
    }
  });

  it('shows the history, its steps and their logs', async () => {
    const { history, totalCount } = await browser.get<History>(
      `${hrefOf(await details(), 'WorkflowHistory')}?page_offset=0&page_length=10`,
    );
    expect([totalCount, history.map(({ name, status }) => [name, status])]).toEqual([1, [['create', 'Succeed']]]);
    expect(history[0]).toMatchObject({ stepsCompleted: 1, startedBy: 'genesis' });
    expect(history[0]!.steps.map(({ phase, status }) => [phase, status])).toEqual([
      ['provision', 'Succeed'],
      ['provision', 'Succeed'],
      ['join', 'Succeed'],
      ['publish', 'Succeed'],
    ]);
    const { stepId } = history[0]!.steps[0]!;
    const actions = await browser.get<Listed<{ uuid: string; status: string; attachments: unknown[] }>>(
      `${envHref()}/steps/${stepId}/actions`,
    );
    expect(actions.items).toMatchObject([{ attachments: [] }]);
    const log = await browser.send('GET', `${envHref()}/logs/${stepId}?timezone_offset=-60`, undefined, 'text/html');
    expect([log.statusCode, log.headers['content-type']]).toEqual([200, expect.stringContaining('text/html')]);
    expect(log.body).toContain('<pre>');
  });

  it('runs a workflow, and takes the time to live away', async () => {
    const workflows = await browser.get<Listed<{ name: string }>>(hrefOf(await details(), 'Workflow'));
    expect(workflows.items.map(({ name }) => name)).toEqual(['scale', 'status', 'destroy']);
    const scale = hrefOf(workflows.items[0]!, 'Workflow', 'post');
    const { result } = await browser.get<Result<{ variables: Variable[] }>>(scale);
    expect(result.variables.map(({ name }) => name)).toEqual(['nodesCount']);
    const parameters = { workflow: 'scale', variables: { nodesCount: '5' } };
    await browser.change('POST', `${envHref()}/actions`, { action: 'execute', parameters });
    await until('Ready');
    expect(await details()).toMatchObject({ historyCount: 2, attributes: { nodes: { value: '5' } } });
    expect(await browser.change<string>('PUT', `${envHref()}/timeToLive`, { value: '240' })).toMatch(/^\d{4}-.*Z$/);
    expect(await browser.change<boolean>('DELETE', `${envHref()}/timeToLive`)).toBe(true);
    expect(await details()).not.toHaveProperty('timeToLive');
    expect(await browser.change<number>('PUT', envHref(), { environment: { name: 'erlang 5' } })).toBe(1);
  });

  it('cancels and resets by the buttons it is shown', async () => {
    const body = { envName: 'slow', templateName: 'Slow', templateVersion: '1.10', variables: {} };
    const slow = `${envsHref}/${await browser.change<number>('POST', envsHref, body)}`;
    const busy = await details(slow);
    expect(busy.status).toBe('Busy');
    expect(hrefOf(busy, 'CancelAction$', 'post')).toBe(`${slow}/actions/cancel`);
    await browser.change('POST', `${slow}/actions`, { action: 'cancel' });
    const broken = await until('Broken', slow);
    await browser.change('POST', hrefOf(broken, 'ResetAction$', 'post'));
    const ready = await until('Ready', slow);
    await browser.change('POST', hrefOf(ready, 'MarkDestroyedAction$', 'post'));
    expect((await details(slow)).links.filter(({ rel }) => rel === 'action')).toEqual([]);
  });

  it('destroys, keeps the row, and signs out', async () => {
    const workflowId = await browser.change<number>('DELETE', envHref());
    expect(Number.isInteger(workflowId)).toBe(true);
    await until('Destroyed');
    const shown = await browser.get<Listed>(`${envsHref}?filter=statuses[Busy,Ready,Broken]`);
    expect(shown.items).toEqual([]);
    const all = await browser.get<Listed<{ name: string }>>(`${envsHref}?filter=statuses[Destroyed]`);
    expect(all.items.map(({ name }) => name)).toEqual(['erlang 5', 'slow']);
    expect((await browser.send('GET', '/logout')).headers.location).toBe('/login.html');
    expect((await browser.send('GET', '/rest')).statusCode).toBe(401);
  });
});
