import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { emulatedImage } from '../../src/drivers/emulator/emulated-image.js';
import { EmulatedSwitch } from '../../src/drivers/emulator/emulated-switch.js';
import { AuditSealerService } from '../../src/auth/audit/audit-sealer.service.js';
import { type CommandOptions, CommandProcess, runCommand } from '../support/command.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { insertDevices } from './devices.js';
import { FleetApp } from './fleet.js';

interface BatchBody {
  readonly id: string;
  readonly outcome: string | null;
  readonly paused: boolean;
  readonly jobs: Readonly<Record<string, number>>;
}

/** The real command against a real server that runs jobs of simulated devices. */
describe('slipway', () => {
  let fleet: FleetApp;
  let folder: string;
  beforeAll(async () => {
    fleet = await FleetApp.start({ config: { role: 'all' } });
    folder = mkdtempSync(join(tmpdir(), 'slipway-cli-'));
  });
  afterAll(async () => {
    await fleet.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const environment = (token: string | null = fleet.tokens.operator, home = folder) => ({
    HOME: home,
    SLIPWAY_URL: fleet.running.url,
    ...(token === null ? {} : { SLIPWAY_TOKEN: token }),
  });
  const slipway = (args: readonly string[], options: CommandOptions = {}) =>
    runCommand(args, { ...options, env: options.env ?? environment() });
  const start = (args: readonly string[]) => CommandProcess.start(args, { env: environment() });
  async function json<T>(args: readonly string[], options?: CommandOptions): Promise<T> {
    const end = await slipway([...args, '--json'], options);
    if (end.code !== 0) throw new Error(`${args.join(' ')} ended with ${end.code}: ${end.err}`);
    return JSON.parse(end.out) as T;
  }

  /** Devices of these simulations, and a batch that upgrades them. */
  async function devices(...simulations: object[]): Promise<string[]> {
    const ids = await insertDevices(
      fleet,
      simulations.map(() => ({})),
    );
    for (const [index, simulation] of simulations.entries())
      await fleet.sql('update devices set simulation = $2 where id = $1', [ids[index], simulation]);
    return ids;
  }
  const GOOD = { step_ms: 5 };
  const BAD = { step_ms: 5, fail_step: 'Distribution' };
  const SLOW = { step_ms: 600_000 };
  const requestFor = (ids: readonly string[], more: object = {}) => ({
    targets: { kind: 'device', ids },
    action: 'upgrade',
    ...more,
  });
  async function batchOf(ids: readonly string[], more: object = {}): Promise<string> {
    const answer = await fleet.call('POST', '/batches', requestFor(ids, more));
    if (answer.statusCode !== 201) throw new Error(answer.body);
    return answer.json<BatchBody>().id;
  }

  describe('ends with', () => {
    it('0 when all went well, and says what was done', async () => {
      const file = join(folder, 'request.json');
      writeFileSync(file, JSON.stringify(requestFor(await devices(GOOD, GOOD), { name: 'two of them' })));
      const end = await slipway(['trigger', '--file', file, '--wait']);
      expect(end).toMatchObject({ code: 0 });
      expect(end.out).toContain('"two of them", upgrade, by olga\n  succeeded\n  100 %, 2 targets: 2 succeeded\n');
      expect(end.err).toContain('100 %  succeeded  2 targets: 2 succeeded');
    });

    it('1 when a target failed', async () => {
      const end = await slipway(['wait', await batchOf(await devices(GOOD, BAD))]);
      expect(end).toMatchObject({ code: 1, err: '' });
      expect(end.out).toContain('1 succeeded, 1 failed');
    });

    it('3 when a gate halted it, whatever its targets came to', async () => {
      const gated = { waves: { by: 'count', count: 1 }, gate: { max_failures: 0 } };
      const junit = join(folder, 'not', 'there', 'yet', 'halted.xml');
      const end = await slipway(['wait', await batchOf(await devices(BAD, GOOD), gated), '--junit', junit]);
      expect(end).toMatchObject({ code: 3 });
      expect(end.out).toMatch(/^ {2}halted: .*\n/m);
      expect(readFileSync(junit, 'utf8')).toContain('tests="2" failures="1" errors="0" skipped="1"');
    });

    it('4 when it was cancelled while it was waited for', async () => {
      const id = await batchOf(await devices(GOOD), { scheduled_for: '2099-01-01T00:00:00Z' });
      const watching = start(['watch', id]);
      await watching.says('scheduled for 2099-01-01T00:00:00.000Z');
      expect(await slipway(['cancel', id])).toMatchObject({ code: 0 });
      expect(await watching.ended).toMatchObject({ code: 4 });
    });

    it('5 when it takes longer than --timeout; the batch goes on', async () => {
      const id = await batchOf(await devices(SLOW));
      const junit = join(folder, 'late.xml');
      const end = await slipway(['wait', id, '--timeout', '1s', '--junit', junit]);
      expect(end).toMatchObject({ code: 5, err: `not over after 1 s. See: slipway status ${id}\n` });
      expect(readFileSync(junit, 'utf8')).toContain('failures="1"');
      expect(await fleet.get(`/batches/${id}`)).toMatchObject({ outcome: null });
      expect(await slipway(['abort', id])).toMatchObject({ code: 0 });
      expect(await slipway(['wait', id])).toMatchObject({ code: 4 });
    });

    it('6 when nobody knows what became of a target', async () => {
      const api = (path: string, payload: object) =>
        fleet.running.inject({
          method: 'POST',
          url: path,
          payload,
          headers: { authorization: `Token ${fleet.tokens.admin}` },
        });
      const box = await EmulatedSwitch.start({ hostname: 'core1', reloadMs: 300, faults: { neverBack: true } });
      try {
        const quick = { poll_interval: 0.3, retry_delay: 0.2 };
        const steps = [
          { name: 'Readiness Check', step_type: 'readiness', config: quick },
          { name: 'Distribution', step_type: 'distribution', config: quick },
          { name: 'Activation', step_type: 'activation', config: { ...quick, timeout: 6 } },
        ];
        const workflow = await api('/api/core/workflows/', { name: 'short', steps });
        const form = new FormData();
        form.append('version', '17.09.04a');
        form.append('platform', 'iosxe');
        form.append(
          'file',
          new Blob([new Uint8Array(emulatedImage('17.09.04a', 100_000))]),
          'cat9k_iosxe.17.09.04a.SPA.bin',
        );
        const headers = { authorization: `Token ${fleet.tokens.admin}` };
        const image = await fetch(`${fleet.running.url}/api/images/images/`, { method: 'POST', body: form, headers });
        const { username, password } = box.options;
        const device = await api('/api/dcim/devices/', {
          hostname: 'core1',
          ip_address: '127.0.0.1',
          port: box.port,
          platform: 'iosxe',
          username,
          password,
        });
        const id = await batchOf([String(device.json<{ id: number }>().id)], {
          parameters: {
            image_id: ((await image.json()) as { id: number }).id,
            workflow_id: workflow.json<{ id: number }>().id,
          },
        });
        const junit = join(folder, 'unknown.xml');
        const end = await slipway(['wait', id, '--junit', junit]);
        expect(end).toMatchObject({ code: 6 });
        expect(end.out).toContain('  unknown');
        expect(readFileSync(junit, 'utf8')).toMatch(/<error message=".*the outcome is unknown.*" type="unknown"/);
      } finally {
        await box.stop();
      }
    });

    it('6 when there is no server, also before anything was started', async () => {
      const nobody = createServer().listen(0, '127.0.0.1');
      await once(nobody, 'listening');
      const { port } = nobody.address() as AddressInfo;
      nobody.close();
      const env = { ...environment(), SLIPWAY_URL: `http://127.0.0.1:${port}` };
      const id = '7a0f4c1e-3b0d-4f0e-9a57-2f6f5a8d9c01';
      const end = await slipway(['wait', id, '--patience', '1s'], { env });
      expect(end).toMatchObject({ code: 6, out: '' });
      expect(end.err).toContain(`${env.SLIPWAY_URL} does not answer: connect ECONNREFUSED 127.0.0.1:${port}`);
    });

    it('128 and the number of the signal that stopped it', async () => {
      const id = await batchOf(await devices(SLOW));
      const watching = start(['watch', id]);
      await watching.says(' %  running');
      watching.process.kill('SIGINT');
      expect(await watching.ended).toMatchObject({
        code: 130,
        err: expect.stringContaining('stopped; the batch goes on') as string,
      });
      await slipway(['abort', id]);
    });
  });

  describe('ends with 2', () => {
    it.each([
      ['without a command', [], /Usage: slipway/],
      ['with an unknown command', ['explode'], /unknown command 'explode'/],
      ['with an unknown option', ['status', '--colour'], /unknown option '--colour'/],
      ['without a batch', ['wait'], /missing required argument 'batch'/],
      ['with something that is no batch', ['wait', '12'], /It is the id of a batch/],
      [
        'with a time that is none',
        ['wait', '7a0f4c1e-3b0d-4f0e-9a57-2f6f5a8d9c01', '--timeout', 'soon'],
        /Write a time like/,
      ],
      ['with something that is no address', ['status', '--url', 'ftp://there'], /is not the address of a server/],
      ['with something that is no token', ['status', '--token', 'a\nb'], /That is no token/],
      ['when neither a plan nor a file is named', ['trigger'], /Name a plan, or give --file/],
      ['when both are', ['trigger', 'nightly', '--file', 'x'], /one of both/],
      ['with a parameter that is none', ['trigger', 'nightly', '-p', 'site'], /is no parameter/],
      ['with a file that is not there', ['trigger', '--file', '/nowhere/x.json'], /cannot be read/],
      ['with a head of the audit chain that is none', ['audit', 'verify', '--head', 'xyz'], /It is seq:hash/],
      ['with a report and no --wait', ['trigger', 'nightly', '--junit', 'report.xml'], /need --wait/],
      [
        'with a check that says neither',
        ['check', '7a0f4c1e-3b0d-4f0e-9a57-2f6f5a8d9c01', '1', 'probe', 'maybe'],
        /passed or failed/,
      ],
      [
        'with a report that has no place',
        ['wait', '7a0f4c1e-3b0d-4f0e-9a57-2f6f5a8d9c01', '--junit', '/dev/null/x'],
        /cannot be written/,
      ],
    ])('%s', async (_what, args, message) => {
      const end = await slipway(args);
      expect(end).toMatchObject({ code: 2, out: '' });
      expect(end.err).toMatch(message);
      expect(end.err).not.toContain('    at ');
    });

    it('when nobody is logged in', async () => {
      const end = await slipway(['status'], { env: environment(null) });
      expect(end).toMatchObject({
        code: 2,
        err: `slipway: Nobody is logged in to ${fleet.running.url}: run "slipway login", or set SLIPWAY_TOKEN\n`,
      });
    });
  });

  it('helps, and says its version', async () => {
    const [help, version] = await Promise.all([slipway(['--help']), slipway(['--version'])]);
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain('3 halted by a gate');
    const { version: expected } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
      version: string;
    };
    expect(version).toMatchObject({ code: 0, out: `${expected}\n` });
  });

  it('says what the server says when it refuses, and ends with 1', async () => {
    const id = '7a0f4c1e-3b0d-4f0e-9a57-2f6f5a8d9c01';
    const ends = await Promise.all([
      slipway(['wait', id]),
      slipway(['status', '--token', 'nobody']),
      slipway(['trigger', '--file', '-'], { input: JSON.stringify(requestFor(['1'], { colour: 'red' })) }),
      slipway(['audit', 'verify']),
    ]);
    expect(ends.map(({ code, out }) => [code, out])).toEqual(ends.map(() => [1, '']));
    expect(ends[0]!.err).toMatch(/^slipway: .*No batch/);
    expect(ends[2]!.err).toContain('/colour: ');
  });

  it('lists, shows and steers', async () => {
    const ids = await devices(GOOD, GOOD);
    const [hostname] = (
      await fleet.sql<{ hostname: string }>('select hostname from devices where id = $1', [ids[0]])
    ).map((row) => row.hostname);
    const id = await batchOf(ids, {
      waves: { by: 'count', count: 1 },
      gate: { checks: [{ name: 'probe' }] },
      scheduled_for: '2099-01-01T00:00:00Z',
    });
    await fleet.call('POST', '/plans', { name: 'shown', description: 'one of them', request: requestFor(ids) });
    const [status, newest, paused, plans, targets] = await Promise.all([
      slipway(['status', id]),
      json<{ items: BatchBody[] }>(['status', '-n', '1']),
      json<BatchBody>(['pause', id, '--reason', 'lunch']),
      slipway(['plans']),
      slipway(['targets', 'device', '-n', '500']),
    ]);
    expect(status.out).toMatch(/^batch .*\n {2}(scheduled for|paused by olga)/);
    expect(newest.items.map((item) => item.id)).toEqual([id]);
    expect(paused).toMatchObject({ id, paused: true });
    expect(plans.out).toContain('shown  one of them\n');
    expect(targets.out).toContain(`${ids[0]}  ${hostname}  `);
    expect(await slipway(['pause', id])).toMatchObject({ code: 1, err: expect.stringMatching(/paused/) as string });
    expect(await json<BatchBody>(['resume', id])).toMatchObject({ paused: false });
    const cancelled = await slipway(['cancel', id]);
    expect(cancelled).toMatchObject({ code: 0 });
    expect(await slipway(['retry', id, '--unfinished', '--json'])).toMatchObject({ code: 0 });
  });

  it('tells a gate how a check came out', async () => {
    const id = await batchOf(await devices(GOOD, GOOD), {
      waves: { by: 'count', count: 1 },
      gate: { checks: [{ name: 'probe' }] },
    });
    const watching = start(['watch', id, '--json']);
    await watching.says('"verdict":"HOLD"');
    expect(await slipway(['check', id, 'canary', 'probe', 'passed'])).toMatchObject({ code: 2 });
    expect(await slipway(['check', id, '0', 'probe', 'passed', '--message', 'cool'])).toMatchObject({ code: 0 });
    await watching.says('"status":"holding","jobs_total":1', 60_000);
    for (;;) {
      const end = await slipway(['check', id, '1', 'probe', 'failed', '--message', 'too hot']);
      if (end.code === 0) break;
      expect(end.err).toContain('wave');
    }
    const end = await watching.ended;
    expect(end.code).toBe(3);
    const lines = end.out.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as BatchBody).id)).toEqual(lines.map(() => id));
    expect(new Set(lines).size).toBe(lines.length);
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ outcome: 'halted' });
  });

  it('tries failed targets again', async () => {
    const ids = await devices(GOOD, BAD);
    const id = await batchOf(ids);
    expect(await slipway(['wait', id])).toMatchObject({ code: 1 });
    await fleet.sql(`update devices set simulation = '{"step_ms": 5}' where id = $1`, [ids[1]]);
    const again = await json<BatchBody & { jobs_total: number }>(['retry', id]);
    expect(again).toMatchObject({ retry_of: id, jobs_total: 1 });
    expect(await slipway(['wait', again.id])).toMatchObject({ code: 0 });
  });

  it('approves what somebody else asked for, and only that', async () => {
    const id = await batchOf(await devices(GOOD), { approval: { needed: 1 } });
    const waiting = start(['watch', id]);
    await waiting.says('waits for approval by 1');
    const shown = await json<{ digest: string; given: number }>(['approve', id, '--show']);
    expect(shown.given).toBe(0);
    expect(await slipway(['approve', id, '--digest', 'f'.repeat(64)])).toMatchObject({ code: 1 });
    const own = await slipway(['approve', id], { env: environment(fleet.tokens.admin) });
    expect(own).toMatchObject({ code: 1 });
    expect(await slipway(['approve', id, '--show', '--revoke'])).toMatchObject({ code: 2 });
    expect(await slipway(['approve', id, '--digest', shown.digest, '--comment', 'fine'])).toMatchObject({
      code: 0,
      out: `approved by 1 of 1, digest ${shown.digest}\n`,
    });
    expect(await waiting.ended).toMatchObject({ code: 0 });
  });

  it('follows the log of a job to its end', async () => {
    const id = await batchOf(await devices({ step_ms: 300 }));
    const { items } = await json<{ items: { id: number }[] }>(['jobs', id]);
    const job = String(items[0]!.id);
    const followed = await slipway(['logs', job, '-f']);
    expect(followed.code).toBe(0);
    expect(followed.out).toMatch(/Post-Checks: success, runs 2\.0\n$/);
    const [again, lines] = await Promise.all([slipway(['logs', job]), slipway(['logs', job, '--json'])]);
    expect(again).toEqual(followed);
    expect(
      lines.out
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { text: string }).text),
    ).toHaveLength(followed.out.trimEnd().split('\n').length);
  });

  it('follows a log over a restart that takes longer than a request is repeated', async () => {
    const proxy = await startTcpProxy(Number(new URL(fleet.running.url).port));
    try {
      const [device] = await devices({ step_ms: 1_500 });
      const id = await batchOf([device!]);
      const { items } = await json<{ items: { id: number }[] }>(['jobs', id]);
      const env = { ...environment(), SLIPWAY_URL: `http://127.0.0.1:${proxy.port}` };
      const job = String(items[0]!.id);
      const following = CommandProcess.start(['logs', job, '-f'], { env });
      await following.says('Readiness Check: started');
      await proxy.stop();
      await following.says('asking again');
      await delay(17_000);
      await proxy.start();
      const end = await following.ended;
      expect(end).toMatchObject({ code: 0, err: expect.stringContaining('the server is back') as string });
      expect(end.out).toBe((await slipway(['logs', job])).out);
    } finally {
      await proxy.stop();
    }
  }, 90_000);

  it('imports devices, and names the rows it could not take', async () => {
    const file = join(folder, 'devices.csv');
    writeFileSync(file, 'hostname,ip_address,platform\nimported1,192.0.2.1,simulated\nimported2,192.0.2.2,simulated\n');
    expect(await slipway(['devices', 'import', file])).toMatchObject({ code: 0, out: '2 devices imported\n' });
    writeFileSync(file, 'hostname,ip_address,platform\nimported3,192.0.2.3,simulated\nimported4,nowhere,simulated\n');
    const end = await slipway(['devices', 'import', file]);
    expect(end.code).toBe(1);
    expect(`${end.out}${end.err}`).toMatch(/nowhere|ip_address|row/i);
    expect(await slipway(['devices', 'import', '/nowhere/devices.csv'])).toMatchObject({ code: 2 });
  });

  it('verifies the audit trail', async () => {
    await fleet.running.app.get(AuditSealerService).sealAll();
    const env = environment(fleet.tokens.admin);
    const whole = await slipway(['audit', 'verify'], { env });
    expect(whole.code).toBe(0);
    const [, anchor] = /^intact: \d+ records checked.*\nhead (\S+)\n$/.exec(whole.out) ?? [];
    expect(await slipway(['audit', 'verify', '--head', anchor!], { env })).toMatchObject({ code: 0 });
    await fleet.sql('alter table audit_events disable trigger user');
    await fleet.sql(`update audit_events set user_name = 'nobody' where id = (select min(id) from audit_events)`);
    await fleet.sql('alter table audit_events enable trigger user');
    const broken = await slipway(['audit', 'verify', '--head', anchor!], { env });
    expect(broken).toMatchObject({ code: 1, out: expect.stringMatching(/^NOT INTACT: .*\n {2}changed: /) as string });
  });
});
