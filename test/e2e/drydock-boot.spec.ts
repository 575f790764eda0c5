import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { designText, type Drydock, startDrydock, type TaskWire } from '../dialects/drydock/drydock.js';
import { ACCOUNT, RedfishEmulator } from '../drivers/redfish-emulator.js';
import { allTasks, firstKey, type HandOff, onlyFor, run } from './drydock-nodes.js';

/** What a node reports by the script that its boot data brings. */
const REPORT = `#!/bin/sh
# For {{ node.hostname }}.{{ node.domain }}, {{ node.network.default.ip }}, in {{ node.labels.zone }}
set -eu
curl -fsS -X POST -H 'Content-Type: application/json' -H 'X-Bootaction-Key: {{ action.action_key }}' \\
  -d '{"status": "STATUS", "details": [{"message": "{{ node.hostname }} has started", "error": false, "took_s": 3}]}' \\
  '{{ action.report_url }}{{ action.action_id }}'
`;
const LONG_NAME = `${'a-rather-long-directory-name/'.repeat(6)}end`;

const TOOLS = ['wget', 'curl', 'tar', 'sh'];
const hasTools = TOOLS.every((tool) => spawnSync(tool, ['--version']).error === undefined);
const withTools = hasTools ? it : it.skip;

describe('nodes that boot', () => {
  let drydock: Drydock;
  const secrets: string[] = [];
  /** What would be the root directory of each node. */
  let trees: string;

  beforeAll(async () => {
    trees = mkdtempSync(join(tmpdir(), 'slipway-nodes-'));
    drydock = await startDrydock();
  });
  afterAll(async () => {
    await drydock.close();
    rmSync(trees, { recursive: true });
  });

  const at = (node: string, path: string) => join(trees, node, path);
  const reportAction = (node: string, status: 'Success' | 'Failure') => ({
    node_filter: onlyFor(node),
    assets: [
      {
        type: 'file',
        path: at(node, 'var/tmp/report.sh'),
        permissions: '555',
        data: Buffer.from(REPORT.replace('STATUS', status)).toString('base64'),
        data_pipeline: ['base64_decode', 'utf8_decode', 'template'],
      },
      { type: 'file', path: at(node, LONG_NAME), data: 'far away\n', data_pipeline: [] },
      {
        type: 'unit',
        path: at(node, 'etc/systemd/system/hello.service'),
        permissions: '444',
        data: '[Service]\nExecStart=/var/tmp/report.sh {{ node.hostname }}\n',
        data_pipeline: ['utf8_decode', 'template'],
      },
      {
        type: 'file',
        path: at(node, 'etc/motd'),
        location: `${drydock.web.origin}/motd?host={{ node.hostname }}`,
        location_pipeline: ['template'],
        data_pipeline: ['utf8_decode', 'template'],
      },
    ],
  });
  const labels = { zone: 'z1' };
  const expectEnd = async (id: string, result: Partial<TaskWire['result']>) => {
    const task = await drydock.ended(id);
    expect([task.status, task.result]).toEqual(['complete', expect.objectContaining(result)]);
  };

  /** As MAAS' late commands do it: fetch, unpack with absolute names, look at the listing. */
  const boot = async (node: string, { identity_key: key, files_url, units_url }: HandOff) => {
    secrets.push(key);
    mkdirSync(join(trees, node), { recursive: true });
    const fetched: Record<string, string[]> = {};
    for (const [kind, url] of [
      ['files', files_url],
      ['units', units_url],
    ] as const) {
      const archive = join(trees, `${node}-${kind}`);
      await run('wget', ['-q', `--header=X-Bootaction-Key: ${key}`, url, '-O', archive], trees);
      const listing = await run('tar', ['--owner=root', '-xPzvf', archive], trees);
      fetched[kind] = listing.split('\n').filter((line) => line !== '');
    }
    return fetched;
  };

  withTools('fetch what their design says, report it themselves, and are a success', async () => {
    drydock.web.put('/motd', 'Welcome to {{ node.hostname }}\n');
    const design = designText({
      nodes: [
        { name: 'n1', labels },
        { name: 'n2', labels },
      ],
      bootActions: { 'report-n1': reportAction('n1', 'Success'), 'report-n2': reportAction('n2', 'Success') },
    });
    const id = await drydock.start('deploy_nodes', drydock.web.put('/site.yaml', design));
    for (const [name, ip] of [
      ['n1', '10.0.0.11'],
      ['n2', '10.0.0.12'],
    ] as const) {
      const handOff = await firstKey(drydock, name);
      expect(handOff).toMatchObject({ node_name: name, tag: `${name}__baid__${handOff.identity_key}` });
      const { files, units } = await boot(name, handOff);
      expect(files).toEqual(['var/tmp/report.sh', LONG_NAME, 'etc/motd'].map((path) => at(name, path)));
      expect(units!.map((path) => basename(path))).toEqual(['hello.service']);
      const script = at(name, 'var/tmp/report.sh');
      expect(statSync(script).mode & 0o7777).toBe(0o555);
      expect(statSync(at(name, 'etc/motd')).mode & 0o7777).toBe(0o600);
      expect(readFileSync(at(name, LONG_NAME), 'utf8')).toBe('far away\n');
      expect(readFileSync(at(name, 'etc/motd'), 'utf8')).toBe(`Welcome to ${name}`);
      expect(readFileSync(at(name, 'etc/systemd/system/hello.service'), 'utf8')).toContain(`report.sh ${name}`);
      expect(readFileSync(script, 'utf8')).toContain(`# For ${name}.lab.example.com, ${ip}, in z1\n`);
      const said = JSON.parse(await run('sh', [script], trees)) as Record<string, string>;
      expect(said).toMatchObject({ node_name: name, action_name: `report-${name}`, action_status: 'success' });
    }
    const asked = drydock.web.requests.map(({ url }) => url);
    expect(asked.filter((url) => url?.startsWith('/motd'))).toEqual(['/motd?host=n1', '/motd?host=n2']);
    await expectEnd(id, { status: 'success', successes: ['n1', 'n2'], failures: [] });
    const tree = await allTasks(drydock, id);
    const configured = ['apply_node_networking', 'apply_node_storage', 'apply_node_platform'];
    expect(tree.map(({ action }) => action).sort()).toEqual(
      [...configured, 'bootaction_report', 'deploy_node', 'deploy_nodes'].sort(),
    );
    const messages = tree.find(({ action }) => action === 'deploy_node')!.result.details.messageList;
    expect(messages).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          message: 'n1 has started',
          error: false,
          context_type: 'bootaction',
          extra: { took_s: 3 },
        }),
      ]),
    );
    const statuses = (await drydock.get('/nodes')).json<{ hostname: string; status_name: string }[]>();
    expect(statuses.map(({ hostname, status_name }) => [hostname, status_name])).toEqual([
      ['n1', 'Deployed'],
      ['n2', 'Deployed'],
    ]);
  });

  withTools('are partly a success where one reports a failure and one nothing at all', async () => {
    // Counted from when the last of them is deployed; the report is made with the setting of that moment.
    Object.assign(drydock.test.config.values, { drydockBootactionTimeout: 2 });
    const nodes = [
      { name: 'm1', labels },
      { name: 'm2', labels },
      // Long enough for the others to have reported when it is deployed and the time begins to count.
      { name: 'm3', labels, oob: { type: 'simulated', simulated_ms: '9000' } },
    ];
    const bootActions = {
      'report-m1': reportAction('m1', 'Success'),
      'report-m2': reportAction('m2', 'Failure'),
      'report-m3': reportAction('m3', 'Success'),
    };
    const ref = drydock.files.write('site.yaml', designText({ nodes, bootActions }));
    const id = await drydock.start('deploy_nodes', ref);
    for (const name of ['m1', 'm2']) {
      await boot(name, await firstKey(drydock, name));
      await run('sh', [at(name, 'var/tmp/report.sh')], trees);
    }
    await expectEnd(id, { status: 'partial_success', successes: ['m1'], failures: ['m2', 'm3'] });
    const report = (await allTasks(drydock, id)).find(({ action }) => action === 'bootaction_report')!;
    expect(report.result).toMatchObject({ status: 'partial_success', details: { errorCount: 2 } });
    expect(report.result.details.messageList.map(({ message, error }) => [message, error])).toEqual([
      ['Boot action report-m1 completed with status success', false],
      ['Boot action report-m2 completed with status failure', true],
      ['Boot action report-m3 timed out.', true],
    ]);
  });

  it('get their own key and no other’s, fifty at a time', async () => {
    const bootActions = { 'report-p1': reportAction('p1', 'Success'), 'report-p2': reportAction('p2', 'Success') };
    const nodes = [
      { name: 'p1', labels },
      { name: 'p2', labels },
    ];
    const id = await drydock.start('deploy_nodes', drydock.web.put('/pair.yaml', designText({ nodes, bootActions })));
    const handOffs = [await firstKey(drydock, 'p1'), await firstKey(drydock, 'p2')] as const;
    const archives = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const { files_url, identity_key } = handOffs[index % 2]!;
        const answer = await fetch(files_url, { headers: { 'x-bootaction-key': identity_key } });
        return { own: index % 2, status: answer.status, bytes: gunzipSync(await answer.arrayBuffer()) };
      }),
    );
    const keys = handOffs.map(({ identity_key }) => identity_key);
    secrets.push(...keys);
    expect(keys[0]).not.toBe(keys[1]);
    for (const { own, status, bytes } of archives) {
      expect([status, bytes.includes(keys[own]!), bytes.includes(keys[1 - own]!)]).toEqual([200, true, false]);
    }
    const crossed = await fetch(handOffs[0].files_url, { headers: { 'x-bootaction-key': keys[1]! } });
    expect(crossed.status).toBe(403);
    expect((await drydock.delete(`/tasks/${id}`)).statusCode).toBe(200);
  });

  it('are started from the network by their controller, where that speaks Redfish', async () => {
    const controller = await RedfishEmulator.start();
    try {
      const oob = { type: 'redfish', address: controller.url, ...ACCOUNT };
      const ref = drydock.web.put('/redfish.yaml', designText({ nodes: [{ name: 'r1', oob }] }));
      await expectEnd(await drydock.start('verify_nodes', ref), { status: 'success', successes: ['r1'] });
      expect((await drydock.get('/nodes')).json()).toContainEqual(
        expect.objectContaining({
          hostname: 'r1',
          memory: 98_304,
          cpu_count: 48,
          boot_mac: '52:54:00:ab:cd:01',
          power_address: new URL(controller.url).host,
        }),
      );
      await expectEnd(await drydock.start('deploy_nodes', ref), { status: 'success', successes: ['r1'] });
      expect(controller.boot).toEqual({ BootSourceOverrideEnabled: 'Once', BootSourceOverrideTarget: 'Pxe' });
      expect([controller.power, controller.resets, controller.sessions.size]).toEqual(['On', ['ForceOff', 'On'], 0]);
      const wrong = { ...oob, credential: 'guess-of-a-password' };
      const refWithout = drydock.web.put('/wrong.yaml', designText({ nodes: [{ name: 'r2', oob: wrong }] }));
      const failed = await drydock.start('deploy_nodes', refWithout);
      await expectEnd(failed, { status: 'failure', successes: [], failures: ['r2'] });
      const said = (await allTasks(drydock, failed)).flatMap(({ result }) => result.details.messageList);
      expect(said.map(({ message }) => message).join('\n')).toContain('The controller answered the log-in with 401');
      secrets.push('calvin', 'guess-of-a-password');
    } finally {
      await controller.close();
    }
  });

  it('leave no key and no credential behind, in no table and no answer', async () => {
    expect(secrets.length).toBeGreaterThan(1);
    const { dataSource } = drydock.test.database;
    const tables = await dataSource.query<{ name: string }[]>(
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
       where table_schema in ('public', 'graphile_worker') and table_type = 'BASE TABLE'`,
    );
    for (const { name } of tables) {
      const found = await dataSource.query(`select 1 from ${name} row where row::text like any($1) limit 1`, [
        secrets.map((secret) => `%${secret}%`),
      ]);
      expect([name, found]).toEqual([name, []]);
    }
    const shown = [(await drydock.get('/tasks')).body, (await drydock.get('/nodes')).body];
    expect(secrets.filter((secret) => shown.some((text) => text.includes(secret)))).toEqual([]);
  });
});
