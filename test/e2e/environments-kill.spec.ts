import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { basic } from '../dialects/environments/genesis.js';
import type { Details, WorkflowDetails } from '../dialects/environments/envs-support.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { countAsDead } from '../support/dead-workers.js';
import { onLinux } from '../support/on-linux.js';
import { type ServerProcess, startServerProcess } from '../support/server-process.js';

const PASSWORD = 'a password for the test';
const LONG_MS = 90_000;

/** Every step waits for a file, so that the test says when it ends. */
const GATED = `
name: Gated
version: "1"
createWorkflow: create
destroyWorkflow: destroy
workflows:
  create: {steps: [{kind: shell, title: Make, commands: ['mkdir "$GENESIS_WORKDIR/nodes"']}]}
  work:
    steps:
      - {kind: shell, title: First, commands: ['echo first >> marks']}
      - {kind: shell, title: Second, commands: ['echo second >> marks; echo $$; until [ -f go ]; do sleep 0.1; done; echo went']}
      - {kind: shell, title: Third, commands: ['echo third >> marks']}
  destroy: {steps: [{kind: shell, title: Clean, commands: ['echo gone >> marks; echo $$; until [ -f go ]; do sleep 0.1; done']}]}
`;

/** A server of its own on one database and one data directory, as often as it is killed. */
class EnvironmentProcess {
  readonly folder = mkdtempSync(join(tmpdir(), 'slipway-env-kill-'));
  server: ServerProcess;
  path = '';

  private constructor(readonly database: TestDatabase) {}

  static async start(): Promise<EnvironmentProcess> {
    const made = new EnvironmentProcess(await cloneDatabase());
    chmodSync(made.folder, 0o755);
    mkdirSync(join(made.folder, 'templates'));
    writeFileSync(join(made.folder, 'templates', 'gated.yaml'), GATED);
    await made.startServer();
    const { id } = (await made.write('POST', '/projects', { name: 'p', projectManager: 'somebody' })) as { id: number };
    const { items } = await made.read<{ items: { id: number }[] }>(`/projects/${id}/configs`);
    const config = { name: 'Default', items: { 'shell.enabled': 'true' } };
    await made.write('PUT', `/projects/${id}/configs/${items[0]!.id}`, config);
    made.path = `/projects/${id}/envs`;
    return made;
  }

  async startServer(): Promise<void> {
    this.server = await startServerProcess({
      DATABASE_URL: this.database.url,
      SLIPWAY_DATA_DIR: join(this.folder, 'data'),
      SLIPWAY_TEMPLATES_DIR: join(this.folder, 'templates'),
      SLIPWAY_SECRET_KEY: '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      SLIPWAY_ADMIN_USERNAME: 'genesis',
      SLIPWAY_ADMIN_PASSWORD: PASSWORD,
      SLIPWAY_LOG_LEVEL: 'warn',
      SLIPWAY_DATABASE_POOL: '10',
      SLIPWAY_WORKER_CONCURRENCY: '10',
      GENESIS_STATUS_WORDS: '2.x',
    });
  }

  async read<T>(path: string): Promise<T> {
    const headers = { authorization: basic('genesis', PASSWORD), accept: 'application/json' };
    return (await (await fetch(`${this.server.url}/rest${path}`, { headers })).json()) as T;
  }

  /** The `result` of a write that has to succeed. */
  async write(method: string, path: string, body?: object): Promise<unknown> {
    const headers = { authorization: basic('genesis', PASSWORD), 'content-type': 'application/json' };
    const answer = await fetch(`${this.server.url}/rest${path}`, { method, headers, body: JSON.stringify(body ?? {}) });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (JSON.parse(text) as { result?: unknown }).result;
  }

  async ready(name: string): Promise<number> {
    const body = { envName: name, templateName: 'Gated', templateVersion: '1', variables: {} };
    const id = (await this.write('POST', this.path, body)) as number;
    await this.until(id, 'Ready');
    return id;
  }

  async run(id: number, workflow: string): Promise<void> {
    await this.write('POST', `${this.path}/${id}/workflows/${workflow}`, { parameters: { variables: {} } });
  }

  async cancel(id: number): Promise<void> {
    await this.write('POST', `${this.path}/${id}/actions/cancel`);
  }

  details(id: number): Promise<Details> {
    return this.read<Details>(`${this.path}/${id}`);
  }

  async newest(id: number): Promise<WorkflowDetails> {
    const { history } = await this.read<{ history: WorkflowDetails[] }>(`${this.path}/${id}/history?page_length=1`);
    return history[0]!;
  }

  until(id: number, status: string): Promise<Details> {
    return poll(`environment ${id} is ${status}`, async () => {
      const details = await this.details(id);
      return details.status === status ? details : undefined;
    });
  }

  /** The process of the command that waits for the gate. */
  waiting(id: number): Promise<number> {
    return poll('a command waits', async () => {
      const rows = await this.database.dataSource.query<{ text: string }[]>(
        `select l.text from environment_logs l join environment_steps s on s.id = l.step_id
         join environment_workflows w on w.id = s.workflow_id
         where w.environment_id = $1 and w.finished_at is null and l.text ~ '^[0-9]+$'`,
        [id],
      );
      return rows[0] && Number(rows[0].text);
    });
  }

  async logged(id: number): Promise<string[]> {
    const rows = await this.database.dataSource.query<{ text: string }[]>(
      `select l.text from environment_logs l join environment_steps s on s.id = l.step_id
       join environment_workflows w on w.id = s.workflow_id
       where w.id = (select max(id) from environment_workflows where environment_id = $1) order by l.id`,
      [id],
    );
    return rows.map(({ text }) => text);
  }

  workFolder(id: number): string {
    const folder = join(this.folder, 'data', 'environments');
    return join(
      folder,
      readdirSync(folder).find((name) => name.startsWith(`${id}-`))!,
      'work',
    );
  }

  marks(id: number): string[] {
    return readFileSync(join(this.workFolder(id), 'marks'), 'utf8')
      .trim()
      .split('\n');
  }

  open(id: number): void {
    writeFileSync(join(this.workFolder(id), 'go'), '', { mode: 0o644 });
  }

  async close(): Promise<void> {
    await this.server?.end('SIGKILL');
    await this.database.drop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function poll<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + LONG_MS; Date.now() < end; await sleep(100)) {
    const found = await ask().catch(() => undefined);
    if (found !== undefined) return found;
  }
  throw new Error(`waited in vain until ${what}`);
}

async function isGone(pid: number): Promise<boolean> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '(gone) Z');
  return / Z( |$)/.test(line.slice(line.lastIndexOf(')')));
}

const statuses = ({ steps = [] }: WorkflowDetails) => steps.map(({ status }) => status);

/** What one of the environments has to do with the kill. */
interface Story {
  readonly id: number;
  readonly pid: number;
}

/** One server works on all of them when it is killed, and one finds them all: five environments, one kill. */
onLinux('kill -9 of a server that works on environments (Done when 3)', () => {
  let slipway: EnvironmentProcess;
  const pids: number[] = [];
  const stories = {} as Record<'goesOn' | 'meanwhile' | 'killed' | 'cancelled' | 'mortal', Story>;

  beforeAll(async () => {
    slipway = await EnvironmentProcess.start();
    const [goesOn, meanwhile, killed, cancelled, mortal] = await Promise.all([
      startedWork('goes on'),
      startedWork('meanwhile'),
      startedWork('killed'),
      startedWork('cancelled'),
      startedDestroy('mortal'),
    ]);
    Object.assign(stories, { goesOn, meanwhile, killed, cancelled, mortal });
    const first = slipway.server;
    await first.end('SIGKILL');
    for (const { pid } of Object.values(stories)) expect(await isGone(pid)).toBe(false);
    slipway.open(meanwhile.id);
    process.kill(-groupOf(killed.pid), 'SIGKILL');
    for (const { pid } of [meanwhile, killed])
      await poll('the command has ended', async () => ((await isGone(pid)) ? true : undefined));
    await slipway.startServer();
    // Asked for while the job is the dead server's yet.
    await slipway.cancel(cancelled.id);
    await countAsDead(slipway.database.dataSource, first);
  }, 240_000);
  afterAll(async () => {
    for (const pid of pids) if (!(await isGone(pid))) process.kill(pid, 'SIGKILL');
    await slipway?.close();
  }, 120_000);

  async function startedWork(name: string): Promise<Story> {
    const id = await slipway.ready(name);
    await slipway.run(id, 'work');
    const pid = await slipway.waiting(id);
    pids.push(pid);
    return { id, pid };
  }

  async function startedDestroy(name: string): Promise<Story> {
    const id = await slipway.ready(name);
    await slipway.write('PUT', `${slipway.path}/${id}/timeToLive`, { value: 5 });
    await slipway.database.dataSource.query(
      'update environment_schedules set fire_at = now() where environment_id = $1',
      [id],
    );
    const pid = await slipway.waiting(id);
    pids.push(pid);
    return { id, pid };
  }

  it('goes on with the command that ran: nothing is done twice, no line is missing', async () => {
    const { id, pid } = stories.goesOn;
    expect((await slipway.details(id)).status).toBe('Busy');
    slipway.open(id);
    await slipway.until(id, 'Ready');
    const run = await slipway.newest(id);
    expect([run.status, run.stepsCompleted, statuses(run)]).toEqual(['Successful', 1, Array(3).fill('Successful')]);
    expect(slipway.marks(id)).toEqual(['first', 'second', 'third']);
    expect(await slipway.logged(id)).toEqual([String(pid), 'went']);
  }, 240_000);

  it('learns the end of a command that ended meanwhile', async () => {
    const { id, pid } = stories.meanwhile;
    await slipway.until(id, 'Ready');
    expect(statuses(await slipway.newest(id))).toEqual(Array(3).fill('Successful'));
    expect(slipway.marks(id)).toEqual(['first', 'second', 'third']);
    expect(await slipway.logged(id)).toEqual([String(pid), 'went']);
  }, 240_000);

  it('fails the step whose command was killed with it, and says so', async () => {
    const { id } = stories.killed;
    await slipway.until(id, 'Broken');
    const run = await slipway.newest(id);
    expect([run.status, statuses(run)]).toEqual(['Failed', ['Successful', 'Failed', 'Requested']]);
    expect(slipway.marks(id)).toEqual(['first', 'second']);
  }, 240_000);

  it('can be cancelled after it, and leaves no process', async () => {
    const { id, pid } = stories.cancelled;
    await slipway.until(id, 'Broken');
    await poll('the command is gone', async () => ((await isGone(pid)) ? true : undefined));
    expect((await slipway.newest(id)).status).toBe('Canceled');
    expect(slipway.marks(id)).toEqual(['first', 'second']);
  }, 240_000);

  it('destroys at the end of its time, once', async () => {
    const { id } = stories.mortal;
    slipway.open(id);
    const details = await slipway.until(id, 'Destroyed');
    expect([details.historyCount, details.timeToLive]).toEqual([2, undefined]);
    expect(await slipway.newest(id)).toMatchObject({
      name: 'destroy',
      status: 'Successful',
      startedBy: 'Scheduler / genesis',
    });
  }, 240_000);
});

/** A command has a process group of its own; its first shell leads it. */
function groupOf(pid: number): number {
  const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[2]);
}
