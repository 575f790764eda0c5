import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerLeaseRegistry, ServerLeases, type ServerLogin } from '../../src/drivers/pool/server-leases.js';
import { sshStep } from '../../src/environments/steps/ssh-step.js';
import type { EnvironmentServer, StepWork } from '../../src/environments/steps/step-work.js';
import type { Json } from '../../src/environments/templates/template.js';
import { findSshd, OpenSsh } from '../support/open-ssh.js';
import { CuttingProxy } from './cutting-proxy.js';
import { benchDrivers, StepBench } from './step-bench.js';

const sshd = findSshd();
const whenSshd = sshd === null ? describe.skip : describe;

async function until<T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = Date.now() + 50_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error('did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function isGone(pid: number): Promise<boolean> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '(gone) Z');
  return / Z( |$)/.test(line.slice(line.lastIndexOf(')')));
}

/** A pool that has lent these. */
class Lent extends ServerLeases {
  constructor(private readonly logins: Readonly<Record<string, ServerLogin>>) {
    super();
  }
  lease = () => Promise.resolve(null);
  release = () => Promise.resolve([]);
  login(holder: string, id: string): Promise<ServerLogin | null> {
    return Promise.resolve(holder === 'environment:7' ? (this.logins[id] ?? null) : null);
  }
}

whenSshd(`an ssh step on a real OpenSSH server (${sshd ?? 'skipped: no sshd on this machine'})`, () => {
  let home: string;
  let ssh: OpenSsh;

  beforeAll(async () => {
    home = await mkdtemp(join(await realpath(tmpdir()), 'slipway-ssh-step-'));
    ssh = await OpenSsh.start(sshd ?? '', { HOME: home });
  });
  beforeEach(async () => {
    await Promise.all(['go', 'marks'].map((name) => rm(join(home, name), { force: true })));
  });
  afterAll(async () => {
    await ssh.stop();
    await rm(home, { recursive: true, force: true });
  });

  const login = () => ({
    host: '127.0.0.1',
    port: ssh.port,
    username: ssh.username,
    privateKey: ssh.privateKey,
    hostKey: ssh.fingerprint,
  });
  const step = (
    commands: string[],
    settings: Record<string, Json | undefined> = {},
    more: { work?: Partial<StepWork>; timeoutSec?: number; export?: Record<string, string> } = {},
    registry?: ServerLeaseRegistry,
  ) => {
    const { work, ...definition } = more;
    const all = Object.entries({ ...login(), commands, ...settings }).filter(([, value]) => value !== undefined);
    const options = { folder: home, work };
    const drivers = benchDrivers(options, registry);
    return new StepBench(sshStep, { ...definition, settings: Object.fromEntries(all) as never }, options, drivers);
  };

  it('runs its commands in turn in the home, with the variables, and exports', async () => {
    const odd = `$(touch evil) '"; touch evil`;
    const bench = step(
      ['pwd; printf "%s\\n" "$odd"; ls', 'echo "$GENESIS_ENVIRONMENT"'],
      {},
      { work: { variables: { odd } }, export: { name: 'output' } },
    );
    expect(await bench.run()).toEqual({ outcome: 'success', result: { exports: { name: 'erlt' } } });
    expect(bench.logged).toEqual([home, odd, 'erlt']);
    expect(bench.statuses).toEqual(['Successful', 'Successful']);
    expect([...bench.actions.values()][0]!.name).toBe(`SSH command on 127.0.0.1:${ssh.port}`);
  });

  it('fails with the first command that does, and is another try after that', async () => {
    const bench = step(['echo x >> marks; test $(wc -l < marks) -eq 2', 'echo done']);
    await expect(bench.run()).rejects.toMatchObject({
      message: expect.stringContaining('FAILURE: Process finished with exit code 1, expected result = 0'),
      retryable: true,
    });
    expect(await bench.run()).toMatchObject({ outcome: 'success' });
    expect(bench.statuses).toEqual(['Failed', 'Successful', 'Successful']);
  });

  it('believes the host key that it is told, or the one it met first', async () => {
    await expect(step(['true'], { hostKey: `SHA256:${'A'.repeat(43)}` }).run()).rejects.toThrow(/Host key mismatch/);
    const name = `hostKey:127.0.0.1:${ssh.port}`;
    const first = step(['true'], { hostKey: undefined });
    expect(await first.run()).toMatchObject({ result: { exports: { [name]: ssh.fingerprint } } });
    const other = { vars: {}, envConfig: {}, context: { [name]: `SHA256:${'A'.repeat(43)}` } };
    await expect(step(['true'], { hostKey: undefined }, { work: { scope: other } }).run()).rejects.toThrow(/mismatch/);
    await expect(step(['true'], { hostKey: 'nonsense' }).run()).rejects.toMatchObject({ retryable: false });
  });

  it('tells no key and no secret', async () => {
    const secrets = [ssh.privateKey, 'sesame-7'];
    const bench = step(['echo "$password"; exit 1'], {}, { work: { variables: { password: 'sesame-7' }, secrets } });
    await expect(bench.run()).rejects.toThrow(/exit code 1/);
    expect(bench.logged[0]).toBe('********');
  });

  it('goes on with the same command after a crash and after a lost connection', async () => {
    const proxy = await CuttingProxy.start(ssh.port);
    try {
      const bench = step(['echo ran >> marks; echo one; until [ -f go ]; do sleep 0.05; done; wc -l < marks'], {
        port: proxy.port,
      });
      const first = bench.run();
      await until(() => (bench.logged.length === 1 ? true : undefined));
      proxy.cut();
      await new Promise((resolve) => setTimeout(resolve, 200));
      bench.stop('lost');
      await first.catch(() => undefined);
      await writeFile(join(home, 'go'), '');
      expect(await bench.run()).toMatchObject({ outcome: 'success' });
      expect(bench.logged.map((line) => line.trim())).toEqual(['one', '1']);
      expect(bench.statuses).toEqual(['Successful']);
    } finally {
      await proxy.stop();
    }
  });

  it('ends what it has started when somebody stops it, and when it takes too long', async () => {
    const bench = step(['echo $$; sleep 300']);
    const running = bench.run();
    running.catch(() => undefined);
    const pid = await until(() => (bench.logged.length === 1 ? Number(bench.logged[0]) : undefined));
    bench.stop('aborting');
    await expect(running).rejects.toThrow();
    await until(async () => ((await isGone(pid)) ? true : undefined));
    const slow = step(['echo $$; sleep 300'], {}, { timeoutSec: 600 });
    const late = slow.run();
    late.catch(() => undefined);
    const second = await until(() => (slow.logged.length === 1 ? Number(slow.logged[0]) : undefined));
    slow.ahead = 601_000;
    await expect(late).rejects.toThrow(/did not end within 600 s/);
    expect(await isGone(second)).toBe(true);
  });

  it('fails, and may be tried again, where nobody answers', async () => {
    await expect(step(['true'], { port: 1 }).run()).rejects.toMatchObject({ retryable: true });
    await expect(step(['true'], { host: undefined }).run()).rejects.toMatchObject({ retryable: false });
  });

  it('runs on every server of a role, with the login that the pool knows', async () => {
    const keyFile = join(home, 'key');
    await writeFile(keyFile, ssh.privateKey, { mode: 0o600 });
    const known = { address: '127.0.0.1', port: ssh.port, username: ssh.username, privateKeyFile: keyFile };
    const registry = new ServerLeaseRegistry();
    registry.register(new Lent({ '1': { ...known, hostKey: null }, '2': { ...known, hostKey: null } }));
    const server = (id: string, role: string): EnvironmentServer => {
      return { id, role, hostname: `${role}-${id}`, address: '127.0.0.1' };
    };
    const servers = [server('1', 'web'), server('2', 'web'), server('3', 'db')];
    const plain = { host: undefined, port: undefined, username: undefined, privateKey: undefined, hostKey: undefined };
    const bench = step(['echo hi'], { ...plain, role: 'web' }, { work: { servers } }, registry);
    expect(await bench.run()).toMatchObject({ outcome: 'success' });
    const names = [...bench.actions.values()].map(({ name }) => name).toSorted();
    expect(names).toEqual(['SSH command on web-1', 'SSH command on web-2']);
    expect(bench.logged).toEqual(['hi', 'hi']);
    const none = step(['echo hi'], { ...plain, role: 'cache' }, { work: { servers } }, registry);
    await expect(none.run()).rejects.toThrow(/no server of the role cache/);
    const gone = step(['echo hi'], { ...plain, role: 'db' }, { work: { servers } }, registry);
    await expect(gone.run()).rejects.toThrow(/taken db-3 away/);
  });
});
