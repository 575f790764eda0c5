import { chmod, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shellStep } from '../../src/environments/steps/shell-step.js';
import type { StepWork } from '../../src/environments/steps/step-work.js';
import type { Json } from '../../src/environments/templates/template.js';
import { onLinux } from '../support/on-linux.js';
import { benchDrivers, StepBench } from './step-bench.js';

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

onLinux('a shell step', () => {
  let folder: string;
  let work: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(await realpath(tmpdir()), 'slipway-shell-step-'));
    await chmod(folder, 0o755);
    work = benchDrivers({ folder }).shell.workFolder(ENVIRONMENT);
  });
  afterEach(async () => {
    await benchDrivers({ folder }).shell.removeEnvironment(ENVIRONMENT);
    await rm(folder, { recursive: true, force: true });
  });

  const ENVIRONMENT = `7-${(1_000_000).toString(36)}`;
  const step = (
    commands: string[],
    settings: Record<string, Json> = {},
    more: { work?: Partial<StepWork>; timeoutSec?: number; export?: Record<string, string> } = {},
  ) => {
    const { work: differs, ...definition } = more;
    return new StepBench(shellStep, { ...definition, settings: { commands, ...settings } }, { folder, work: differs });
  };
  const release = () => writeFile(join(work, 'go'), '', { mode: 0o644 });

  it('runs one command after another with the variables, an action each', async () => {
    const bench = step(
      ['echo "$nodesCount nodes in $GENESIS_ENVIRONMENT" > made', 'cat made', 'echo "$EXTRA $GENESIS_WORKFLOW"'],
      { env: { EXTRA: 'more' } },
      { work: { variables: { nodesCount: 4 } } },
    );
    expect(await bench.run()).toEqual({ outcome: 'success', result: { exports: {} } });
    expect(bench.logged).toEqual(['4 nodes in erlt', 'more create']);
    expect(bench.statuses).toEqual(['Successful', 'Successful', 'Successful']);
    expect([...bench.actions.values()].map(({ description }) => description)[1]).toBe('cat made');
  });

  it('takes no variable for shell text', async () => {
    const nodesCount = '$(touch evil); `touch evil` "; touch evil #';
    const bench = step(['printf "%s\\n" "$nodesCount"; ls'], {}, { work: { variables: { nodesCount } } });
    await bench.run();
    expect(bench.logged).toEqual([nodesCount]);
  });

  it('fails with the first command that does, and begins none after it', async () => {
    const bench = step(['true', 'echo trouble; exit 3', 'touch never; echo never']);
    const problem = 'FAILURE: Process finished with exit code 3, expected result = 0';
    await expect(bench.run()).rejects.toMatchObject({ message: problem, retryable: true });
    expect(bench.logged).toEqual(['trouble', problem]);
    expect(bench.statuses).toEqual(['Successful', 'Failed']);
  });

  it('is another try with other commands after that', async () => {
    const bench = step(['echo x >> tries; test $(wc -l < tries) -eq 3']);
    await expect(bench.run()).rejects.toThrow(/exit code 1/);
    await expect(bench.run()).rejects.toThrow(/exit code 1/);
    expect(await bench.run()).toMatchObject({ outcome: 'success' });
    expect(bench.statuses).toEqual(['Failed', 'Failed', 'Successful']);
  });

  it('succeeds with the exit code that it names', async () => {
    expect(await step(['exit 3'], { successExitCode: 3 }).run()).toMatchObject({ outcome: 'success' });
    await expect(step(['exit 0'], { successExitCode: 3 }).run()).rejects.toThrow(/exit code 0, expected result = 3/);
  });

  it('runs all at once where it says parallel', async () => {
    // Each waits for the other: one after the other they would never end.
    const meet = (own: string, other: string) =>
      `touch ${own}; until [ -f ${other} ]; do sleep 0.05; done; echo ${own}`;
    const bench = step([meet('a', 'b'), meet('b', 'a')], { parallel: true });
    expect(await bench.run()).toMatchObject({ outcome: 'success' });
    expect(bench.logged.toSorted()).toEqual(['a', 'b']);
  });

  it('is off unless the project allows it', async () => {
    for (const configItems of [{}, { 'shell.enabled': 'false' }, { 'shell.enabled': 'TRUE' }]) {
      const bench = step(['touch never'], {}, { work: { configItems: configItems as Record<string, string> } });
      await expect(bench.run()).rejects.toMatchObject({
        message: expect.stringContaining('does not allow shell steps'),
        retryable: false,
      });
      expect(bench.actions.size).toBe(0);
    }
    await expect(readFile(join(work, 'never'))).rejects.toThrow(/ENOENT/);
  });

  it('shows no secret, however it is printed', async () => {
    const secret = 'open sesame';
    const key = 'first line of it\nsecond line of it';
    const bench = step(
      ['echo "say $password"; echo "$key"; echo "$password" >&2; test "$password" = "open sesame" && exit 4'],
      {},
      { work: { variables: { password: secret, key }, secrets: [secret, key] } },
    );
    await expect(bench.run()).rejects.toThrow(/exit code 4/);
    expect(bench.logged.slice(0, 3)).toEqual(['say ********', '********', '********']);
    expect(JSON.stringify([bench.logged, [...bench.actions.values()]])).not.toMatch(/sesame|line of it/);
  });

  it('ends a command that takes too long with all it has started', async () => {
    const bench = step(['echo $$; sleep 300 & echo $!; wait'], {}, { timeoutSec: 3_600 });
    const running = bench.run();
    running.catch(() => undefined);
    const pids = await until(() => (bench.logged.length === 2 ? bench.logged.map(Number) : undefined));
    bench.ahead = 3_601_000;
    await expect(running).rejects.toThrow('FAILURE: Process did not end within 3600 s and was ended');
    expect(await Promise.all(pids.map(isGone))).toEqual([true, true]);
    expect(bench.statuses).toEqual(['Failed']);
  });

  it('ends its commands when somebody stops it, and only then', async () => {
    const bench = step(['echo $$; until [ -f go ]; do sleep 0.05; done; echo went']);
    const first = bench.run();
    first.catch(() => undefined);
    const pid = await until(() => (bench.logged.length === 1 ? Number(bench.logged[0]) : undefined));
    // This process stops, or another one has the job: the command goes on.
    for (const reason of ['stopping', 'lost'] as const) {
      const running = reason === 'stopping' ? first : bench.run();
      running.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 100));
      bench.stop(reason);
      await expect(running).rejects.toThrow();
      expect(await isGone(pid)).toBe(false);
    }
    const last = bench.run();
    last.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 100));
    bench.stop('aborting');
    await expect(last).rejects.toThrow();
    await until(async () => ((await isGone(pid)) ? true : undefined));
    expect(bench.logged).toEqual([String(pid)]);
  });

  it('goes on with the same commands after a crash, and repeats neither them nor a line', async () => {
    const bench = step([
      'echo ran >> marks; echo one; until [ -f go ]; do sleep 0.05; done; echo two',
      'wc -l < marks',
    ]);
    let writes = 0;
    // The process dies between a line's being logged and the note that it was, again and again.
    bench.beforeRemember = () => {
      writes += 1;
      if (writes === 2 || writes === 4) throw new Error('killed');
    };
    await expect(bench.run()).rejects.toThrow('killed');
    expect(bench.logged).toEqual(['one']);
    await release();
    await expect(bench.run()).rejects.toThrow('killed');
    expect(await bench.run()).toMatchObject({ outcome: 'success' });
    expect(bench.logged.map((line) => line.trim())).toEqual(['one', 'two', '1']);
    expect(bench.statuses).toEqual(['Successful', 'Successful']);
  });

  it('ends what a workflow before it left running', async () => {
    const other = step(['echo $$; sleep 300'], {}, { work: { workflow: { id: 20, name: 'scale', startedBy: 'x' } } });
    const running = other.run();
    running.catch(() => undefined);
    const pid = await until(() => (other.logged.length === 1 ? Number(other.logged[0]) : undefined));
    other.stop('lost');
    await expect(running).rejects.toThrow();
    await step(['true']).run();
    expect(await isGone(pid)).toBe(true);
  });

  it('exports what it found', async () => {
    const bench = step(['echo first', 'echo 10.0.0.7'], {}, { export: { ip: 'output', code: 'exitCode' } });
    expect(await bench.run()).toMatchObject({ result: { exports: { ip: '10.0.0.7', code: 0 } } });
  });

  it('fails for good where its commands ran on another machine', async () => {
    const bench = step(['true']);
    bench.state = { try: { machine: 'elsewhere', since: 0, commands: [{ uuid: 'a', byte: 0, line: 0 }] } };
    await expect(bench.run()).rejects.toMatchObject({ message: expect.stringMatching(/elsewhere/), retryable: false });
  });
});
