import { chmod, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Leftovers } from '../../src/environments/leftovers/leftovers.service.js';
import { Envs, poll, type WorkflowDetails } from '../dialects/environments/envs-support.js';
import { type Genesis, type MadeProject, ok, startGenesis } from '../dialects/environments/genesis.js';
import { findSshd, OpenSsh } from '../support/open-ssh.js';

jest.setTimeout(180_000);

const sshd = findSshd();
const whenSshd = sshd === null || process.platform !== 'linux' ? describe.skip : describe;

/** Steps that do what they say: on this machine, on a host, and at a web service. */
const REAL = `
name: Real
version: "1"
createWorkflow: create
destroyWorkflow: destroy
workflows:
  create:
    variables:
      - {name: nodesCount, type: Integer, description: Nodes}
      - {name: port, type: Integer}
      - {name: sshPort, type: Integer}
      - {name: sshUser}
      - {name: hostKey}
      - {name: sshKey, type: Secret}
      - {name: password, type: Secret, description: Password}
    steps:
      - kind: shell
        title: Make dir
        phase: provision
        commands: ['mkdir -p "$GENESIS_WORKDIR/nodes" && id -u', 'seq "$nodesCount"; echo "password is $password"']
        export: {last: output}
      - kind: ssh
        title: On the host
        phase: provision
        host: 127.0.0.1
        port: "\${vars.sshPort}"
        username: "\${vars.sshUser}"
        hostKey: "\${vars.hostKey}"
        privateKey: "\${vars.sshKey}"
        commands: ['echo "$nodesCount nodes" > told; cat told']
      - kind: http
        title: Register
        phase: register
        after: [provision]
        method: POST
        url: "http://127.0.0.1:\${vars.port}/nodes"
        json: {n: "\${vars.nodesCount}", password: "\${vars.password}"}
        expectStatus: [200, 201]
        export: {nodeId: body.id}
      - {kind: attributes, phase: done, after: [register], set: {url: {description: Node URL, value: "http://127.0.0.1/\${context.nodeId}"}}}
  breaks:
    steps:
      - {kind: shell, title: Works, commands: ['touch "$GENESIS_WORKDIR/half"']}
      - {kind: shell, title: Breaks, commands: ['echo trouble; exit 3']}
      - {kind: shell, title: Never, commands: ['touch "$GENESIS_WORKDIR/never"']}
    onError:
      - {kind: shell, title: Rescue, commands: ['rm "$GENESIS_WORKDIR/half"; echo rescued']}
  sleeps: {steps: [{kind: shell, title: Sleeps, commands: ['echo $$; sleep 600']}]}
  retried: {steps: [{kind: shell, title: Third time, retryCount: 2, commands: ['echo x >> tries; test $(wc -l < tries) -eq 3']}]}
  polls: {steps: [{kind: http, title: Forbidden, url: "http://169.254.169.254/latest/meta-data/"}]}
  destroy: {steps: [{kind: shell, title: Clean, commands: ['rm -rf "$GENESIS_WORKDIR/nodes"']}]}
`;

whenSshd('a template whose steps are real', () => {
  let genesis: Genesis;
  let envs: Envs;
  let project: MadeProject;
  let ssh: OpenSsh;
  let home: string;
  let dataDir: string;
  let server: Server;
  const posted: string[] = [];

  beforeAll(async () => {
    const folder = await realpath(tmpdir());
    home = await mkdtemp(join(folder, 'slipway-env-home-'));
    dataDir = await mkdtemp(join(folder, 'slipway-env-data-'));
    await chmod(dataDir, 0o755);
    ssh = await OpenSsh.start(sshd ?? '', { HOME: home });
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        posted.push(body);
        response.writeHead(201, { 'content-type': 'application/json' }).end('{"id":"node-7"}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const config = { dataDir, environmentsHttpAllow: ['127.0.0.1'], genesisStatusWords: '2.x' as const };
    genesis = await startGenesis({ templates: { 'real.yaml': REAL }, role: 'all', config });
    expect((await genesis.as('genesis').get('/template-errors')).json()).toMatchObject({ items: [] });
    project = await genesis.makeProject();
    envs = await Envs.of(genesis, project);
    await allowShell('true');
  });
  afterAll(async () => {
    await genesis.close();
    await ssh.stop();
    server.closeAllConnections();
    server.close();
    for (const folder of [home, dataDir]) await rm(folder, { recursive: true, force: true });
  });

  async function allowShell(value: string): Promise<void> {
    const path = `/projects/${project.id}/configs/${project.configId}`;
    ok(await genesis.as('genesis').put(path, { name: 'Default', items: { 'shell.enabled': value } }));
  }

  function create(): Promise<number> {
    return envs.create('Real', '1', {
      nodesCount: 4,
      port: (server.address() as AddressInfo).port,
      sshPort: ssh.port,
      sshUser: ssh.username,
      hostKey: ssh.fingerprint,
      sshKey: ssh.privateKey,
      password: 'open sesame 7',
    });
  }

  async function ready(): Promise<number> {
    const id = await create();
    const details = await envs.until(id, 'Ready', 'Broken');
    if (details.status !== 'Ready') throw new Error(JSON.stringify(await envs.newest(id)));
    return id;
  }

  async function log(id: number, run: WorkflowDetails, title: string): Promise<string> {
    const { stepId } = run.steps!.find((step) => step.title === title)!;
    const path = `${envs.path}/${id}/logs/${stepId}?include_actions=true`;
    return (await genesis.as('genesis').get(path)).body;
  }

  async function workFolder(id: number): Promise<string> {
    const names = await readdir(join(dataDir, 'environments'));
    return join(
      dataDir,
      'environments',
      names.find((name) => name.startsWith(`${id}-`))!,
      'work',
    );
  }

  it('runs commands here and on a host, calls a service, and shows no secret', async () => {
    const id = await ready();
    const run = await envs.newest(id);
    expect(run).toMatchObject({ status: 'Successful', stepsCompleted: 1 });
    expect((await envs.details(id)).attributes['url']).toMatchObject({ value: 'http://127.0.0.1/node-7' });
    expect(await readdir(await workFolder(id))).toEqual(['nodes']);
    expect(await readFile(join(home, 'told'), 'utf8')).toBe('4 nodes\n');
    expect(posted.at(-1)).toBe('{"n":4,"password":"open sesame 7"}');
    const made = await log(id, run, 'Make dir');
    if (process.getuid?.() === 0) expect(made).not.toMatch(/M: 0\b/);
    expect(made).toContain('password is ********');
    expect(await log(id, run, 'On the host')).toContain('4 nodes');
    const { rows } = await everything();
    // Not the whole of it in a failure's message.
    expect([rows.includes('sesame'), rows.includes(ssh.privateKey.split('\n')[2]!)]).toEqual([false, false]);
  });

  /** What is stored of environments and their jobs, as text. */
  async function everything(): Promise<{ rows: string }> {
    const tables = [
      'environment_logs',
      'environment_actions',
      'environment_steps',
      'environment_workflows',
      'job_logs',
    ];
    const texts = await Promise.all(
      [...tables, 'jobs', 'batches', 'audit_events', 'environments'].map(async (table) =>
        JSON.stringify(await genesis.test.database.dataSource.query(`select * from ${table}`)),
      ),
    );
    return { rows: texts.join('\n') };
  }

  it('is rescued when a step fails', async () => {
    const id = await ready();
    const run = await envs.through(id, 'breaks');
    expect(run.status).toBe('Failed');
    expect(run.steps!.map(({ title, status, regular }) => [title, status, regular])).toEqual([
      ['Works', 'Successful', true],
      ['Breaks', 'Failed', true],
      ['Never', 'Requested', true],
      ['Rescue', 'Successful', false],
    ]);
    expect(await readdir(await workFolder(id))).toEqual(['nodes']);
    const said = await log(id, run, 'Breaks');
    expect(said).toContain('trouble');
    expect(said).toContain('FAILURE: Process finished with exit code 3, expected result = 0');
    expect((await envs.details(id)).status).toBe('Broken');
  });

  it('is tried again as often as its step says: one step, three actions (case 21)', async () => {
    const id = await ready();
    const run = await envs.through(id, 'retried');
    expect(run.status).toBe('Successful');
    const { stepId } = run.steps![0]!;
    const actions = await genesis.as('genesis').get(`${envs.path}/${id}/steps/${stepId}/actions`);
    const statuses = actions.json<{ items: { status: string }[] }>().items.map(({ status }) => status);
    expect(statuses).toEqual(['Failed', 'Failed', 'Successful']);
  });

  it('leaves no process when it is cancelled (case 14)', async () => {
    const id = await ready();
    await envs.run(id, 'sleeps');
    const pid = await poll(
      async () => Number(/M: (\d+)\b/.exec(await log(id, await envs.newest(id), 'Sleeps'))?.[1]),
      (found) => found > 0,
    );
    ok(await genesis.as('genesis').post(`${envs.path}/${id}/actions/cancel`));
    await envs.until(id, 'Broken');
    await poll(
      () => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '(gone) Z'),
      (stat) => / Z( |$)/.test(stat.slice(stat.lastIndexOf(')'))),
    );
    expect((await envs.newest(id)).status).toBe('Canceled');
  });

  it('calls nothing that is not allowed', async () => {
    const id = await ready();
    const run = await envs.through(id, 'polls');
    expect(run.status).toBe('Failed');
    expect(await log(id, run, 'Forbidden')).toContain('169.254.169.254 may not be called');
  });

  it('runs no command where the project does not allow it', async () => {
    await allowShell('false');
    try {
      const id = await create();
      await envs.until(id, 'Broken');
      expect((await envs.newest(id)).status).toBe('Failed');
      const folders = await readdir(join(dataDir, 'environments'));
      expect(folders.filter((name) => name.startsWith(`${id}-`))).toEqual([]);
    } finally {
      await allowShell('true');
    }
  });

  it('takes its files with it', async () => {
    const id = await ready();
    const folder = await workFolder(id);
    ok(await genesis.as('genesis').delete(`${envs.path}/${id}`));
    await envs.until(id, 'Destroyed');
    await genesis.test.app.get(Leftovers, { strict: false }).pass();
    await expect(readdir(folder)).rejects.toThrow(/ENOENT/);
  });
});
