import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findAccount, whatBars } from '../../src/drivers/shell/account.js';
import {
  environmentOf,
  ShellCommands,
  type ShellCommand,
  type ShellLook,
} from '../../src/drivers/shell/shell-commands.js';
import { onLinux } from '../support/on-linux.js';

const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? it : it.skip;

async function until<T>(ask: () => Promise<T | undefined>, withinMs = 50_000): Promise<T> {
  const end = Date.now() + withinMs;
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

onLinux('commands of an environment', () => {
  let folder: string;
  let shell: ShellCommands;
  const begun: ShellCommand[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(await realpath(tmpdir()), 'slipway-shell-'));
    await chmod(folder, 0o755);
    shell = commands();
  });
  afterEach(async () => {
    for (const command of begun.splice(0)) await shell.stop(command);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  function commands(differs: Partial<ConstructorParameters<typeof ShellCommands>[0]> = {}): ShellCommands {
    return new ShellCommands({ folder, user: 'nobody', graceMs: 300, ...differs });
  }

  function wish(command: string, variables: Record<string, string> = {}): ShellCommand {
    const made = { token: randomUUID(), environment: '7-abc', command, variables };
    begun.push(made);
    return made;
  }

  async function ended(command: ShellCommand, by = shell): Promise<ShellLook> {
    return until(async () => {
      const look = await by.look(command, 0);
      return look.state === 'running' ? undefined : look;
    });
  }

  it('run in its work folder with its variables and nothing else of ours', async () => {
    process.env['SLIPWAY_SPEC_SECRET'] = 'ours';
    const odd = `it's "$HOME" \`id\` \\ ü\nsecond`;
    const command = wish('pwd; printf "%s\\n" "$odd"; env | cut -d= -f1 | grep -v "^second" | sort', {
      odd,
      'not a name': 'x',
      LD_PRELOAD: '/evil.so',
      PATH: '/evil',
    });
    await shell.start(command);
    const look = await ended(command);
    delete process.env['SLIPWAY_SPEC_SECRET'];
    expect(look).toMatchObject({ state: 'ended', exitCode: 0 });
    expect(look.lines.slice(0, 3)).toEqual([shell.workFolder('7-abc'), ...odd.split('\n')]);
    const ours = ['GENESIS_WORKDIR', 'HOME', 'LANG', 'PATH', 'SLIPWAY_SUPERVISED'];
    const shellsOwn = ['PWD', 'OLDPWD', 'SHLVL', '_'];
    expect(look.lines.slice(3).filter((name) => !shellsOwn.includes(name))).toEqual([...ours, 'odd'].toSorted());
  });

  asRoot('run as somebody who may do little', async () => {
    const account = await findAccount('nobody');
    const command = wish('id -u; id -G; touch made; cat ../commands/*/process');
    await shell.start(command);
    const look = await ended(command);
    expect(look.lines.slice(0, 2)).toEqual([String(account!.uid), String(account!.gid)]);
    expect(look.lines[2]).toMatch(/denied/i);
    expect((await stat(join(shell.workFolder('7-abc'), 'made'))).uid).toBe(account!.uid);
  });

  asRoot('are refused where that user cannot go, or is not there', async () => {
    const barred = join(folder, 'barred');
    const closed = commands({ folder: barred });
    await shell.start(wish('true'));
    const first = { ...wish('true') };
    await closed.start(first);
    await chmod(barred, 0o700);
    await expect(closed.start(wish('touch /tmp/never'))).rejects.toMatchObject({
      message: expect.stringContaining(`may not pass through ${barred}`),
      retryable: false,
    });
    await expect(commands({ user: 'no-such-user' }).start(wish('true'))).rejects.toThrow(/no user no-such-user/);
    expect(await whatBars(barred, { uid: 0, gid: 0 })).toBeNull();
  });

  it('tell how they ended, and what they printed without a line end', async () => {
    const command = wish('printf "one\\ntwo"; exit 3');
    await shell.start(command);
    expect(await ended(command)).toMatchObject({ state: 'ended', exitCode: 3, lines: ['one', 'two'], nextByte: 7 });
    expect(await shell.look(wish('x'), 0)).toMatchObject({ state: 'absent' });
  });

  it('are found again by another process, and started once however often they are asked for', async () => {
    const go = join(shell.workFolder('7-abc'), 'go');
    const command = wish(`echo ran >> marks; until [ -f go ]; do sleep 0.05; done; wc -l < marks`);
    await shell.start(command);
    const later = commands();
    await Promise.all([later.start(command), shell.start(command), later.start(command)]);
    expect(await later.look(command, 0)).toMatchObject({ state: 'running' });
    await writeFile(go, '', { mode: 0o644 });
    const look = await ended(command, later);
    expect([look.exitCode, look.lines.map((line) => line.trim())]).toEqual([0, ['1']]);
    await later.start(command);
    expect((await readFile(join(shell.workFolder('7-abc'), 'marks'), 'utf8')).split('\n')).toHaveLength(2);
  });

  it('end with all they have started, also what ignores being asked or went into a session of its own', async () => {
    const command = wish('trap "" TERM; (trap "" TERM; setsid sleep 300 & echo $!; wait) & sleep 300 & echo $!; wait');
    await shell.start(command);
    const pids = await until(async () => {
      const { lines } = await shell.look(command, 0);
      return lines.length === 2 ? lines.map(Number) : undefined;
    });
    await shell.stop(command);
    expect(await Promise.all(pids.map(isGone))).toEqual([true, true]);
    expect(await shell.look(command, 0)).toMatchObject({ state: 'lost', exitCode: null });
  });

  it('are never started once they were stopped', async () => {
    const command = wish('touch never');
    await shell.stop(command);
    await shell.start(command);
    expect(await readdir(shell.workFolder('7-abc'))).not.toContain('never');
    expect(await shell.look(command, 0)).toMatchObject({ state: 'lost', exitCode: null });
  });

  it('keep a bounded output, and no disk fills with the rest', async () => {
    const small = commands({ mostOutput: 10_000 });
    const command = wish('yes "a line of output"');
    await small.start(command);
    let byte = 0;
    const lines: string[] = [];
    const cut = await until(async () => {
      const look = await small.look(command, byte);
      byte = look.nextByte;
      lines.push(...look.lines);
      return look.isCut ? look : undefined;
    });
    expect(cut.nextByte).toBe(10_000);
    expect(lines.join('\n').length).toBeLessThanOrEqual(10_000);
    const output = join(folder, '7-abc', 'commands', command.token, 'output');
    // Only the bytes of this test's own command count: it prints on while it is looked at.
    await until(async () => ((await stat(output)).size > 40_000 ? true : undefined));
    await small.stop(command);
    await small.look(command, byte);
    expect((await stat(output)).size).toBe(0);
  });

  it('read on where they were read before, in whole lines', async () => {
    const command = wish('echo one; printf "tw"; until [ -f more ]; do sleep 0.05; done; echo o');
    await shell.start(command);
    const first = await until(async () => {
      const look = await shell.look(command, 0);
      return look.nextByte > 0 ? look : undefined;
    });
    expect([first.lines, first.nextByte]).toEqual([['one'], 4]);
    await writeFile(join(shell.workFolder('7-abc'), 'more'), '', { mode: 0o644 });
    await ended(command);
    expect(await shell.look(command, 4)).toMatchObject({ state: 'ended', lines: ['two'], nextByte: 8 });
  });

  it('are refused with a NUL character, or under a name that is a path', async () => {
    await expect(shell.start(wish('echo \0'))).rejects.toMatchObject({ retryable: false });
    await expect(shell.start({ ...wish('true'), environment: '../x' })).rejects.toThrow(/Not a name/);
    await expect(shell.look({ token: '..', environment: '7-abc' }, 0)).rejects.toThrow(/Not a name/);
  });

  it('go with their environment', async () => {
    const command = { ...wish('sleep 300'), environment: '8-abc' };
    await shell.start(command);
    await shell.removeEnvironment('8-abc');
    expect(await readdir(folder)).not.toContain('8-abc');
  });
});

describe('the environment of a command', () => {
  it('is the folder and the path, whatever the variables are', () => {
    const variables = { HOME: '/evil', GENESIS_WORKDIR: '/evil', IFS: 'x', BASH_ENV: '/evil', n: '4' };
    const found = environmentOf(variables, '/work');
    expect(found).toMatchObject({ HOME: '/work', GENESIS_WORKDIR: '/work', n: '4' });
    expect(Object.keys(found)).not.toEqual(expect.arrayContaining(['IFS']));
    expect(Object.keys(found)).not.toEqual(expect.arrayContaining(['BASH_ENV']));
  });
});
