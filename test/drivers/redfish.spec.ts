import { execFileSync, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ActionError } from '../../src/common/errors.js';
import type { BootHost } from '../../src/drivers/boot-host/boot-host.js';
import { RedfishPower } from '../../src/drivers/redfish/redfish-power.js';
import { ACCOUNT, RedfishEmulator, type RedfishFault } from './redfish-emulator.js';

const SYSTEM = /\/System\.Embedded\.1$/;
const RESET = /ComputerSystem\.Reset$/;
const SESSIONS = /\/Sessions$/;
const TIMING = { requestMs: 30_000, pollMs: 5, patienceMs: 60_000 };

const withOpenssl = spawnSync('openssl', ['version']).status === 0 ? describe : describe.skip;

describe('the Redfish driver', () => {
  let controller: RedfishEmulator;
  const power = new RedfishPower(TIMING);
  const hasty = new RedfishPower({ ...TIMING, requestMs: 300, patienceMs: 400 });
  let abort: AbortController;

  beforeEach(async () => {
    controller = await RedfishEmulator.start();
    abort = new AbortController();
  });
  afterEach(() => controller.close());

  const host = (differs: Partial<BootHost> = {}): BootHost => ({
    hostname: 'n1',
    oobType: 'redfish',
    oobAddress: controller.url,
    ...ACCOUNT,
    parameters: {},
    bootMac: null,
    bootIp: '10.0.0.11',
    simulation: { actMs: 0, failing: null, failures: 0 },
    ...differs,
  });
  const failure = async (work: Promise<unknown>): Promise<ActionError> => {
    const error = await work.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ActionError);
    // Whatever went wrong, it names no secret and takes its session back.
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain(ACCOUNT.credential);
    expect(controller.sessions.size).toBe(0);
    return error as ActionError;
  };

  describe('logs in', () => {
    it('once for each act, by the path the controller states but never at another host, and out again', async () => {
      expect(await power.powerState(host(), abort.signal)).toBe('on');
      const [login] = controller.callsTo('POST', SESSIONS);
      expect(JSON.parse(login!.body)).toEqual({ UserName: ACCOUNT.account, Password: ACCOUNT.credential });
      const [look] = controller.callsTo('GET', SYSTEM);
      expect(look!.headers['x-auth-token']).toMatch(/^[0-9a-f-]{36}$/);
      expect(look!.headers.authorization).toBeUndefined();
      expect(controller.callsTo('DELETE', /\/Sessions\/./)).toHaveLength(1);
      expect(controller.sessions.size).toBe(0);
    });

    it('with each request where there are no sessions, or no more of them, or the design says so', async () => {
      const ways = [
        () => (controller.hasSessions = false),
        () => Object.assign(controller, { hasSessions: true, mostSessions: 0 }),
        () => (controller.mostSessions = 4),
      ];
      for (const [index, prepare] of ways.entries()) {
        prepare();
        controller.calls.length = 0;
        const parameters: Record<string, string> = index === 2 ? { auth: 'basic' } : {};
        expect(await power.powerState(host({ parameters }), abort.signal)).toBe('on');
        expect(controller.callsTo('GET', SYSTEM)[0]!.headers.authorization).toMatch(/^Basic /);
        expect(controller.callsTo('DELETE', /./)).toEqual([]);
      }
      expect(controller.callsTo('POST', SESSIONS)).toEqual([]);
    });

    it('anew when its session ends in the middle, once', async () => {
      controller.faults.push({ method: 'GET', path: SYSTEM, status: 401 });
      expect(await power.powerState(host(), abort.signal)).toBe('on');
      expect(controller.callsTo('POST', SESSIONS)).toHaveLength(2);
      controller.faults.push({ method: 'GET', path: SYSTEM, status: 401, times: 9 });
      controller.sessions.clear();
      expect(await failure(power.powerState(host(), abort.signal))).toMatchObject({
        code: 'auth_failed',
        retryable: false,
      });
      expect(controller.callsTo('POST', SESSIONS)).toHaveLength(4);
    });

    it('never twice with a wrong password: the account would be locked', async () => {
      const error = await failure(power.powerState(host({ credential: 'guess"work' }), abort.signal));
      expect(error).toMatchObject({ code: 'auth_failed', retryable: false });
      expect(error.message).not.toContain('guess');
      expect(controller.callsTo('POST', SESSIONS)).toHaveLength(1);
      expect(controller.calls.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    });

    it('not at all without an address or a login', async () => {
      for (const differs of [{ oobAddress: null }, { account: null }, { credential: null }]) {
        await failure(power.powerState(host(differs), abort.signal));
      }
      for (const oobAddress of ['ftp://x', 'http://a:b@c', 'http://x/path', 'a b', 'http://']) {
        expect(await failure(power.powerState(host({ oobAddress }), abort.signal))).toMatchObject({
          code: 'unsupported',
        });
      }
      expect(controller.calls).toEqual([]);
    });
  });

  describe('switches', () => {
    it('a machine on and off, and has seen it happen', async () => {
      controller.slowness = 3;
      await power.setPower(host(), 'off', abort.signal);
      expect([controller.power, controller.resets]).toEqual(['Off', ['ForceOff']]);
      await power.setPower(host(), 'on', abort.signal);
      expect([controller.power, controller.resets]).toEqual(['On', ['ForceOff', 'On']]);
    });

    it('nothing where the machine is so already', async () => {
      await power.setPower(host(), 'on', abort.signal);
      expect(controller.callsTo('POST', RESET)).toEqual([]);
    });

    it('one off and on for a cycle, or by what the controller knows instead', async () => {
      await power.setPower(host(), 'cycle', abort.signal);
      expect(controller.resets).toEqual(['ForceOff', 'On']);
      controller.resetTypes = ['ForceRestart'];
      await power.setPower(host(), 'cycle', abort.signal);
      expect(controller.resets).toEqual(['ForceOff', 'On', 'ForceRestart']);
      expect(await failure(power.setPower(host(), 'off', abort.signal))).toMatchObject({ code: 'unsupported' });
    });

    it.each<[string, RedfishFault, string[]]>([
      ['whose answer is lost although it was done', { path: RESET, cut: 'done' }, ['ForceOff']],
      ['that never arrives', { path: RESET, cut: 'undone' }, ['ForceOff']],
      [
        'that meets a busy controller',
        { path: RESET, status: 503, headers: { 'retry-after': '0' }, times: 3 },
        ['ForceOff'],
      ],
      ['that meets trouble', { path: RESET, status: 500, body: '<html>' }, ['ForceOff']],
      ['while looks break in the middle', { method: 'GET', path: SYSTEM, cut: 'middle', times: 2 }, ['ForceOff']],
    ])('by a reset %s', async (_what, fault, resets) => {
      controller.faults.push(fault);
      await power.setPower(host(), 'off', abort.signal);
      expect([controller.power, controller.resets]).toEqual(['Off', resets]);
      expect(controller.sessions.size).toBe(0);
    });

    it('and believes no yes: a machine that stays as it is was not switched', async () => {
      controller.faults.push({ path: RESET, lie: true });
      const error = await failure(hasty.setPower(host(), 'off', abort.signal));
      expect(error).toMatchObject({ code: 'prompt_timeout', retryable: true });
      expect(error.message).toBe('The machine is On and not Off after 0.4 s');
    });

    it('and believes no no either, where it is as wanted', async () => {
      controller.faults.push({ path: RESET, cut: 'done' }, { path: RESET, status: 409 });
      controller.slowness = 0;
      await power.setPower(host(), 'off', abort.signal);
      expect(controller.power).toBe('Off');
    });

    it('not what is refused, and says why', async () => {
      controller.faults.push({ path: RESET, status: 400, body: { error: { message: `bad ${ACCOUNT.credential}` } } });
      const error = await failure(power.setPower(host(), 'off', abort.signal));
      expect(error).toMatchObject({ code: 'command_rejected', retryable: false });
      expect(error.message).toContain('bad ********');
    });

    it('by a task, which is waited for, and whose end counts', async () => {
      controller.taskLooks = 3;
      await power.setPower(host(), 'off', abort.signal);
      expect(controller.callsTo('GET', /TaskMonitors/)).toHaveLength(4);
      expect(controller.power).toBe('Off');
      controller.taskEnds = 'Exception';
      const error = await failure(
        power.setPower(host(), 'on', abort.signal).then(() => Promise.reject(new Error('on'))),
      );
      expect(error).toMatchObject({
        code: 'command_rejected',
        message: 'The controller gave up the reset On: Exception',
      });
    });
  });

  describe('sets what a machine starts from', () => {
    it('for the next start, with the tag of what it saw, and looks', async () => {
      await power.setBootDevice(host(), 'pxe', abort.signal);
      expect(controller.boot).toEqual({ BootSourceOverrideEnabled: 'Once', BootSourceOverrideTarget: 'Pxe' });
      expect(controller.callsTo('PATCH', SYSTEM).map(({ headers }) => headers['if-match'])).toEqual(['"1"']);
      await power.setBootDevice(host(), 'pxe', abort.signal);
      expect(controller.callsTo('PATCH', SYSTEM)).toHaveLength(1);
      await power.setBootDevice(host(), 'hdd', abort.signal);
      expect(controller.boot.BootSourceOverrideTarget).toBe('Hdd');
    });

    it('although somebody else changes it in between, tags are weak, or it takes a task', async () => {
      controller.faults.push({ method: 'PATCH', path: SYSTEM, status: 412 });
      await power.setBootDevice(host(), 'pxe', abort.signal);
      expect(controller.boot.BootSourceOverrideTarget).toBe('Pxe');
      Object.assign(controller, { hasWeakTags: true, taskLooks: 1 });
      await power.setBootDevice(host(), 'hdd', abort.signal);
      expect(controller.boot.BootSourceOverrideTarget).toBe('Hdd');
    });

    it('and believes no yes', async () => {
      controller.faults.push({ method: 'PATCH', path: SYSTEM, lie: true, times: 9 });
      const error = await failure(power.setBootDevice(host(), 'pxe', abort.signal));
      expect(error).toMatchObject({ code: 'prompt_timeout', retryable: true });
    });

    it('not where it cannot', async () => {
      controller.bootTargets = ['None', 'Hdd'];
      const error = await failure(power.setBootDevice(host(), 'pxe', abort.signal));
      expect(error).toMatchObject({ code: 'unsupported', retryable: false });
      expect(controller.callsTo('PATCH', SYSTEM)).toEqual([]);
    });
  });

  describe('tells', () => {
    it('what a machine is, in texts that can be kept', async () => {
      expect(await power.identify(host(), abort.signal)).toEqual({
        power: 'on',
        powerAddress: new URL(controller.url).host,
        memoryMib: 98_304,
        cpuCount: 48,
        bootMac: '52:54:00:ab:cd:01',
        bootIp: '10.0.0.11',
        details: {
          Manufacturer: 'Slipway Emulators',
          Model: 'R'.repeat(255),
          SerialNumber: 'SN1',
          BiosVersion: '2.1',
          Health: 'OK',
        },
      });
      expect(await power.identify(host({ bootMac: '00:00:00:00:00:09' }), abort.signal)).toMatchObject({
        bootMac: '00:00:00:00:00:09',
      });
    });

    it('as much as there is in answers full of nonsense', async () => {
      const nonsense = { PowerState: 7, MemorySummary: [], ProcessorSummary: 'x', EthernetInterfaces: null, UUID: {} };
      controller.faults.push({ method: 'GET', path: SYSTEM, body: nonsense });
      expect(await power.identify(host(), abort.signal)).toMatchObject({
        power: 'unknown',
        memoryMib: null,
        cpuCount: null,
        bootMac: null,
        details: {},
      });
    });

    it('which of several machines it is by the design, and guesses none', async () => {
      controller.systems = ['/redfish/v1/Systems/other', ...controller.systems];
      const error = await failure(power.powerState(host(), abort.signal));
      expect([error.code, error.message]).toEqual(['unsupported', expect.stringContaining('has 2 machines')]);
      for (const system of ['System.Embedded.1', '/redfish/v1/Systems/System.Embedded.1']) {
        expect(await power.powerState(host({ parameters: { system } }), abort.signal)).toBe('on');
      }
      expect(await failure(power.powerState(host({ parameters: { system: 'x' } }), abort.signal))).toMatchObject({
        code: 'unsupported',
      });
    });
  });

  describe('comes to an end', () => {
    it.each<[string, RedfishFault, string]>([
      ['does not answer', { path: SYSTEM, hang: true, times: 9 }, 'prompt_timeout'],
      ['answers no JSON', { path: SYSTEM, body: 'nothing', times: 9 }, 'command_rejected'],
      ['answers a list', { path: SYSTEM, body: [], times: 9 }, 'command_rejected'],
      [
        'sends us elsewhere',
        { path: SYSTEM, status: 307, headers: { location: 'http://127.0.0.1:1/' } },
        'command_rejected',
      ],
      ['does not know what we ask', { path: SYSTEM, status: 404 }, 'unsupported'],
      ['is busy for ever', { path: SYSTEM, status: 503, times: 999 }, 'unreachable'],
      [
        'is busy for longer than we have',
        { path: SYSTEM, status: 429, headers: { 'retry-after': '50' } },
        'unreachable',
      ],
      ['hangs up again and again', { path: SYSTEM, cut: 'undone', times: 9 }, 'connection_lost'],
    ])('where the controller %s', async (_what, fault, code) => {
      controller.faults.push(fault);
      expect(await failure(hasty.powerState(host(), abort.signal))).toMatchObject({ code });
    });

    it('where nobody answers', async () => {
      const gone = host({ oobAddress: 'http://127.0.0.1:1' });
      expect(await failure(power.powerState(gone, abort.signal))).toMatchObject({
        code: 'unreachable',
        retryable: true,
      });
    });

    it('with an answer that has none', async () => {
      controller.faults.push({ path: SYSTEM, body: 'x'.repeat(5_000_000) });
      const error = await failure(power.powerState(host(), abort.signal));
      expect(error.message).toBe('The controller gave an answer without end');
    });

    it('at once when it is told to, and takes its session back', async () => {
      controller.faults.push({ path: SYSTEM, hang: true });
      const work = failure(power.powerState(host(), abort.signal));
      while (controller.callsTo('GET', SYSTEM).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      abort.abort();
      expect(await work).toMatchObject({ code: 'aborted' });
    });
  });

  withOpenssl('over TLS', () => {
    let directory: string;
    let tls: { key: string; cert: string };
    let secure: RedfishEmulator;

    beforeAll(() => {
      directory = mkdtempSync(join(tmpdir(), 'slipway-redfish-'));
      const subject = ['-subj', '/CN=bmc', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2', '-nodes'];
      const [key, cert] = ['key', 'cert'].map((name) => join(directory, name)) as [string, string];
      const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
      execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' });
      tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    });
    afterAll(() => rmSync(directory, { recursive: true }));
    beforeEach(async () => {
      secure = await RedfishEmulator.start(tls);
    });
    afterEach(() => secure.close());
    const at = (parameters: Record<string, string>) => host({ oobAddress: new URL(secure.url).host, parameters });

    it('trusts a certificate that the design states, with or without colons', async () => {
      const { fingerprint256 } = new X509Certificate(tls.cert);
      for (const tls_fingerprint of [fingerprint256, `sha256:${fingerprint256.replaceAll(':', '').toLowerCase()}`]) {
        expect(await power.powerState(at({ tls_fingerprint }), abort.signal)).toBe('on');
      }
    });

    it('says nothing to a controller nobody vouches for, or another than the design’s', async () => {
      expect(await failure(power.powerState(at({}), abort.signal))).toMatchObject({ code: 'host_key_unknown' });
      const other = { tls_fingerprint: 'ab'.repeat(32) };
      expect(await failure(power.powerState(at(other), abort.signal))).toMatchObject({ code: 'host_key_mismatch' });
      const wrong = { tls_fingerprint: 'abc' };
      expect(await failure(power.powerState(at(wrong), abort.signal))).toMatchObject({ code: 'unsupported' });
      expect(secure.calls).toEqual([]);
    });
  });
});
