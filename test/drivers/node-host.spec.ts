import { mkdtemp, readdir, readFile, realpath, rm, stat, utimes, writeFile, mkdir, chmod } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DriverError } from '../../src/drivers/device-driver.js';
import { EXITS, startScript, uploadScript } from '../../src/drivers/node-host/host-scripts.js';
import type { CommandLook, NodeHost, NodeHostSession } from '../../src/drivers/node-host/node-host-driver.js';
import { readLook, SshNodeHostDriver } from '../../src/drivers/node-host/ssh-node-host.js';
import { findSshd, OpenSsh } from '../support/open-ssh.js';

const sshd = findSshd();
const whenSshd = sshd === null ? describe.skip : describe;

async function until<T>(ask: () => Promise<T | undefined>, withinMs = 60_000): Promise<T> {
  const end = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error('did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** In a container nobody may collect the dead: a zombie is gone as well. */
async function isGone(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '(gone) Z');
  return / Z( |$)/.test(stat.slice(stat.lastIndexOf(')')));
}

async function codeOf(act: Promise<unknown>): Promise<string> {
  try {
    await act;
  } catch (error) {
    if (error instanceof DriverError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('did not fail');
}

whenSshd(`a node on a real OpenSSH server (${sshd ?? 'skipped: no sshd on this machine'})`, () => {
  let home: string;
  let bootIdFile: string;
  let ssh: OpenSsh;
  let driver: SshNodeHostDriver;
  const open: NodeHostSession[] = [];
  const learned: string[] = [];

  beforeAll(async () => {
    home = await mkdtemp(join(await realpath(tmpdir()), "slipway it's a home-"));
    bootIdFile = join(home, 'boot_id');
    await mkdir(join(home, 'bin'));
    await writeFile(join(home, 'bin', 'reboot'), `#!/bin/sh\necho next > "$HOME/boot_id"\n`, { mode: 0o755 });
    await writeFile(bootIdFile, 'first\n');
    ssh = await OpenSsh.start(sshd ?? '', { HOME: home });
    driver = new SshNodeHostDriver({ bootIdFile, rebootCommand: '"$HOME/bin/reboot"' });
  });
  afterEach(async () => {
    for (const session of open) await session.halt(null).catch(() => undefined);
    for (const session of open.splice(0)) await session.close();
  });
  afterAll(async () => {
    await ssh.stop();
    await rm(home, { recursive: true, force: true });
  });

  function host(changes: Partial<NodeHost> = {}): NodeHost {
    return {
      id: 7,
      name: 'node-7',
      address: '127.0.0.1',
      port: ssh.port,
      username: ssh.username,
      password: null,
      privateKey: ssh.privateKey,
      passphrase: null,
      hostKeyPolicy: 'tofu',
      hostKey: null,
      simulation: {},
      ...changes,
    };
  }

  async function login(
    changes: Partial<NodeHost> = {},
    signal = new AbortController().signal,
  ): Promise<NodeHostSession> {
    const io = { signal, learnHostKey: async (fingerprint: string) => void learned.push(fingerprint) };
    const session = await driver.open(host(changes), io);
    open.push(session);
    return session;
  }

  const command = (script: string, token: string = randomUUID(), environment: Record<string, string> = {}) => ({
    token,
    script,
    cwd: '/',
    environment,
  });

  function ended(session: NodeHostSession, token: string): Promise<CommandLook> {
    return until(async () => {
      const look = await session.look(token, 0);
      return look.state === 'running' ? undefined : look;
    });
  }

  it('tells what it is, and its key is learned', async () => {
    const session = await login();
    expect(await session.facts()).toMatchObject({ system: expect.stringContaining('Linux'), bootId: 'first' });
    expect(learned).toEqual([ssh.fingerprint]);
  });

  it('refuses another key, and no key where one is needed', async () => {
    expect(await codeOf(login({ hostKey: 'SHA256:AAAA' }))).toMatch(/^host_key_mismatch/);
    expect(await codeOf(login({ hostKeyPolicy: 'strict' }))).toMatch(/^host_key_unknown/);
    expect(await codeOf(login({ address: '' }))).toMatch(/^unreachable: node-7 has no address/);
    expect(await (await login({ hostKeyPolicy: 'off' })).facts()).toMatchObject({ bootId: 'first' });
  });

  it('runs a command in its directory, with its environment, and tells its exit code', async () => {
    const session = await login();
    const odd = `a 'quoted' $HOME \`id\` "x"\nand a second line ü`;
    const token = randomUUID();
    const run = { ...command('pwd; printf "%s\\n" "$SLIPWAY_ODD"; cat; exit 3', token), cwd: home };
    expect(await session.start({ ...run, environment: { SLIPWAY_ODD: odd } })).toBe('started');
    expect(await ended(session, token)).toMatchObject({
      state: 'ended',
      exitCode: 3,
      lines: [home, ...odd.split('\n')],
    });
  });

  it('runs a command once, however often and from wherever it is started', async () => {
    const marks = join(home, 'once');
    const token = randomUUID();
    const sessions = await Promise.all([login(), login(), login(), login()]);
    const starts = await Promise.all(
      sessions.map((session) => session.start(command(`echo ran >> '${marks.replaceAll("'", `'\\''`)}'`, token))),
    );
    expect(starts.toSorted()).toEqual(['known', 'known', 'known', 'started']);
    expect(await ended(sessions[0]!, token)).toMatchObject({ state: 'ended', exitCode: 0 });
    expect(await sessions[1]!.start(command('false', token))).toBe('known');
    expect(await readFile(marks, 'utf8')).toBe('ran\n');
  });

  it('starts nothing beside a command that runs; another node is not kept waiting', async () => {
    const session = await login();
    const [first, second] = [randomUUID(), randomUUID()];
    expect(await session.start(command('sleep 60', first))).toBe('started');
    expect(await session.start(command('true', second))).toBe('busy');
    expect(await session.look(second, 0)).toMatchObject({ state: 'absent' });
    expect(await (await login({ id: 8 })).start(command('true'))).toBe('started');
    expect(await session.halt(second)).toEqual([]);
    expect(await session.halt(first)).toEqual([first]);
    expect(await session.look(first, 0)).toMatchObject({ state: 'lost' });
    expect(await session.start(command('true', second))).toBe('started');
  });

  it('lets a command go on when the connection is cut, and finds it again', async () => {
    const [go, token] = [join(home, 'go'), randomUUID()];
    const cut = new AbortController();
    const session = await login({}, cut.signal);
    const script = `echo begun; while [ ! -e "$HOME/go" ]; do sleep 0.1; done; echo done`;
    expect(await session.start(command(script, token))).toBe('started');
    cut.abort();
    expect(await codeOf(session.look(token, 0))).toMatch(/^aborted/);
    const later = await login();
    const begun = await until(async () => {
      const look = await later.look(token, 0);
      return look.lines.length > 0 ? look : undefined;
    });
    expect(begun).toMatchObject({ state: 'running', lines: ['begun'], nextByte: 6 });
    await writeFile(go, '');
    await ended(later, token);
    expect(await later.look(token, 6)).toEqual({ state: 'ended', exitCode: 0, lines: ['done'], nextByte: 11 });
  });

  it('ends a command with all its processes, even one that will not hear', async () => {
    const session = await login();
    const token = randomUUID();
    const script = `trap '' TERM; sh -c 'trap "" TERM; echo $$; while :; do sleep 1; done' & while :; do sleep 1; done`;
    await session.start(command(script, token));
    const pid = await until(async () => (await session.look(token, 0)).lines[0]);
    expect(await session.halt(null)).toEqual([token]);
    expect(await isGone(Number(pid))).toBe(true);
  });

  it('does not take a command for ended while something of it runs', async () => {
    const session = await login();
    const token = randomUUID();
    await session.start(command('echo $PPID; sleep 60', token));
    const runner = Number(await until(async () => (await session.look(token, 0)).lines[0]));
    process.kill(runner, 'SIGKILL');
    await until(async () => (await isGone(runner)) || undefined);
    expect(await session.look(token, 0)).toMatchObject({ state: 'running' });
    expect(await session.start(command('true'))).toBe('busy');
    await session.halt(null);
    expect(await session.look(token, 0)).toMatchObject({ state: 'lost', exitCode: null });
  });

  it('reads output in portions of whole lines', async () => {
    const session = await login();
    const token = randomUUID();
    await session.start(command(`i=0; while [ $i -lt 30000 ]; do echo "line $i"; i=$((i+1)); done`, token));
    await until(async () => ((await session.look(token, 300_000)).state === 'ended' ? true : undefined));
    const lines: string[] = [];
    for (let byte = 0; ;) {
      const look = await session.look(token, byte);
      lines.push(...look.lines);
      byte = look.nextByte;
      if (look.state === 'ended') break;
    }
    expect(lines).toEqual(Array.from({ length: 30_000 }, (_, index) => `line ${index}`));
  });

  it('keeps its own login out of what commands print', async () => {
    const session = await login({ passphrase: 'hunter2hunter2' });
    const token = randomUUID();
    await session.start(command('echo the passphrase is hunter2hunter2', token));
    expect((await ended(session, token)).lines).toEqual(['the passphrase is ********']);
  });

  it('tells of a directory that is not there, and of a script that is not found', async () => {
    const session = await login();
    const [one, two] = [randomUUID(), randomUUID()];
    await session.start({ ...command('true', one), cwd: '/not/there' });
    expect(await ended(session, one)).toMatchObject({ exitCode: 97 });
    await session.start(command('/not/there', two));
    expect(await ended(session, two)).toMatchObject({ exitCode: 127 });
    expect(await codeOf(session.start(command('true', '../x')))).toMatch(/^invalid_name/);
  });

  it('writes files whole, with their mode, and leaves nothing else behind', async () => {
    const session = await login();
    const path = join(home, 'etc', "it's odd", 'app.conf');
    await session.upload({ path, data: 'one ü\n', permissions: '0600' });
    expect(await readFile(path, 'utf8')).toBe('one ü\n');
    expect((await stat(path)).mode & 0o7777).toBe(0o600);
    await session.upload({ path, data: '', permissions: '755' });
    expect(await readFile(path, 'utf8')).toBe('');
    expect((await stat(path)).mode & 0o7777).toBe(0o755);
    expect(await readdir(join(path, '..'))).toEqual(['app.conf']);
    expect(await codeOf(session.upload({ path: home, data: 'x', permissions: '0644' }))).toMatch(/a directory$/);
    await chmod(path, 0o400);
    await session.upload({ path, data: 'x'.repeat(1024 * 1024), permissions: '0644' });
    expect((await stat(path)).size).toBe(1024 * 1024);
  });

  it('reboots: the host has another boot id, and what ran is lost', async () => {
    const session = await login();
    const [token, reboot] = [randomUUID(), randomUUID()];
    const { bootId } = await session.facts();
    await session.start(command('true', token));
    await ended(session, token);
    expect(await session.reboot(reboot)).toBe('started');
    await until(async () => ((await session.facts()).bootId === bootId ? undefined : true));
    expect(await session.look(token, 0)).toMatchObject({ state: 'ended' });
  });

  it('keeps what commands left behind for a month', async () => {
    const session = await login({ id: 10 });
    const place = join(home, '.slipway', 'node-10');
    const [month, week] = [randomUUID(), randomUUID()];
    for (const [token, days] of [
      [month, 32],
      [week, 7],
    ] as const) {
      await session.start(command('true', token));
      await ended(session, token);
      const then = new Date(Date.now() - days * 24 * 3600 * 1000);
      await utimes(join(place, token), then, then);
    }
    const token = randomUUID();
    await session.start(command('true', token));
    expect((await readdir(place)).toSorted()).toEqual([week, token, 'lock'].toSorted());
  });

  it('forgets what has ended and nothing that runs', async () => {
    const session = await login({ id: 9 });
    const [one, two] = [randomUUID(), randomUUID()];
    await session.start(command('true', one));
    await ended(session, one);
    await session.start(command('sleep 60', two));
    await session.forget();
    expect(await session.look(one, 0)).toMatchObject({ state: 'absent' });
    expect(await session.look(two, 0)).toMatchObject({ state: 'running' });
    await session.close();
    await (await login({ id: 9 })).halt(null);
  });
});

describe('an input that was cut short with the connection', () => {
  let home: string;
  beforeEach(async () => void (home = await mkdtemp(join(await realpath(tmpdir()), 'slipway-cut-'))));
  afterEach(() => rm(home, { recursive: true, force: true }));

  const places = { nodeId: 7, bootIdFile: '/proc/sys/kernel/random/boot_id' };
  const run = (script: string, input: string) =>
    spawnSync('sh', ['-c', script], { input, env: { ...process.env, HOME: home } }).status;

  it('is no new content of a file', async () => {
    const path = join(home, 'file');
    await writeFile(path, 'old');
    const sha256 = createHash('sha256').update('new content').digest('hex');
    const script = uploadScript({ path, data: 'new content', permissions: '0644' }, sha256);
    expect(run(script, 'new con')).toBe(EXITS.cutShort);
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(home)).toEqual(['file']);
    expect(run(script, 'new content')).toBe(0);
    expect(await readFile(path, 'utf8')).toBe('new content');
  });

  it('is not run as a command, and does not stand in the way of the whole one', async () => {
    const command = { token: 't', script: 'echo ran >> "$HOME/ran"\nexit 0\n', cwd: '/', environment: {} };
    expect(run(startScript(places, command), command.script.slice(0, 24))).toBe(EXITS.cutShort);
    expect(await readdir(home)).toEqual(['.slipway']);
    expect(run(startScript(places, command), command.script)).toBe(0);
    await until(
      async () => (await readFile(join(home, '.slipway/node-7/t/exit'), 'utf8').catch(() => '')) || undefined,
    );
    expect(await readFile(join(home, 'ran'), 'utf8')).toBe('ran\n');
  });
});

describe('a look at a command', () => {
  const answer = (state: string, text: string | Buffer, size: number, exit = '') =>
    `state=${state}\nexit=${exit}\nsize=${size}\n\n${Buffer.from(text).toString('base64')}\n`;
  const same = (text: string) => text;

  it('shows whole lines while it runs, and the rest at its end', () => {
    expect(readLook(answer('running', 'one\ntw', 6), 0, same)).toEqual({
      state: 'running',
      exitCode: null,
      lines: ['one'],
      nextByte: 4,
    });
    expect(readLook(answer('running', 'tw', 6), 4, same)).toMatchObject({ lines: [], nextByte: 4 });
    expect(readLook(answer('ended', 'two', 7, '0'), 4, same)).toEqual({
      state: 'ended',
      exitCode: 0,
      lines: ['two'],
      nextByte: 7,
    });
  });

  it('does not tell of the end before all was read', () => {
    expect(readLook(answer('ended', 'one\n', 8, '0'), 0, same)).toMatchObject({ state: 'running', nextByte: 4 });
    expect(readLook(answer('lost', '', 8), 8, same)).toMatchObject({ state: 'lost', exitCode: null });
  });

  it('takes a very long line in pieces', () => {
    expect(readLook(answer('running', 'x'.repeat(40_000), 40_000), 0, same).nextByte).toBe(40_000);
  });

  it('redacts whole lines, so that no secret comes in two halves', () => {
    const seen: string[] = [];
    readLook(answer('running', 'a secret\nhalf of a sec', 22), 0, (text) => {
      seen.push(text);
      return text;
    });
    expect(seen).toEqual(['a secret\n']);
  });
});
