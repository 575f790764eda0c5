import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { ADMIN_PASSWORD } from '../support/app.js';
import { compiled } from '../support/compiled.js';
import { type CommandOptions, CommandProcess, runCommand } from '../support/command.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import { insertDevices } from './devices.js';
import { FleetApp } from './fleet.js';

const ROOT = join(import.meta.dirname, '../..');
const COMMAND = `${process.execPath} ${compiled('cli/main.js')}`;

/** The command as pipelines use it: with a token for one plan, from the files for GitHub and GitLab, through outages. */
describe('slipway in a pipeline', () => {
  let fleet: FleetApp;
  let folder: string;
  let good: string[];
  let bad: string[];
  let planToken: string;
  beforeAll(async () => {
    fleet = await FleetApp.start({ config: { role: 'all' } });
    folder = mkdtempSync(join(tmpdir(), 'slipway-pipeline-'));
    good = await insertDevices(fleet, [{}, {}]);
    bad = await insertDevices(fleet, [{ tags: ['lab'] }, { tags: ['lab'] }, { tags: ['lab'] }]);
    await fleet.sql(
      `update devices set simulation = '{"step_ms": 5, "fail_step": "Distribution"}' where id = any($1)`,
      [bad],
    );
    const request = { targets: { kind: 'device', ids: good }, action: 'upgrade', max_parallel: 1 };
    const parameters = [
      { name: 'devices', pointer: '/targets/ids' },
      { name: 'label', pointer: '/name' },
    ];
    const made = await fleet.call('POST', '/plans', { name: 'deploy', request, parameters });
    const minted = await fleet.call('POST', '/plans/deploy/tokens', { description: 'ci' });
    expect([made.statusCode, minted.statusCode]).toEqual([201, 201]);
    planToken = minted.json<{ key: string }>().key;
  });
  afterAll(async () => {
    await fleet.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => fleet.sql(`update devices set version = '1.0'`));

  const environment = () => ({ HOME: folder, SLIPWAY_URL: fleet.running.url, SLIPWAY_TOKEN: planToken });
  const slipway = (args: readonly string[], options: CommandOptions = {}) =>
    runCommand(args, { env: environment(), ...options });
  const count = async () => (await fleet.sql<{ count: string }>('select count(*) from batches'))[0]!.count;

  it("starts a token's plan and follows it, and is refused everything else", async () => {
    const junit = join(folder, 'plan.xml');
    const ended = await slipway(['trigger', 'deploy', '-p', 'label=night shift', '--wait', '--junit', junit, '--json']);
    expect(ended).toMatchObject({ code: 0 });
    const { id } = JSON.parse(ended.out) as { id: string };
    expect(readFileSync(junit, 'utf8')).toContain('<testsuite name="night shift"');
    expect(readFileSync(junit, 'utf8').match(/<testcase /g)).toHaveLength(2);
    const [status, jobs] = await Promise.all([slipway(['status', id]), slipway(['jobs', id])]);
    expect([status.code, jobs.code]).toEqual([0, 0]);
    expect(await slipway(['logs', /^\d+/.exec(jobs.out)![0]])).toMatchObject({ code: 0 });
    const before = await count();
    const refused = await Promise.all(
      [['trigger', 'other'], ['status'], ['cancel', id], ['retry', id], ['targets', 'device'], ['audit', 'verify']].map(
        (args) => slipway(args),
      ),
    );
    expect(refused.map(({ code, out }) => [code, out])).toEqual(refused.map(() => [1, '']));
    for (const { err } of refused) expect(err).toContain('starts the plan deploy and nothing else');
    expect(await count()).toBe(before);
  });

  it('starts one batch for one --idempotency-key, however often it is called', async () => {
    const before = Number(await count());
    const args = ['trigger', 'deploy', '--idempotency-key', 'pipeline-7', '--wait', '--json'];
    const ends = await Promise.all([slipway(args), slipway(args)]);
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(new Set(ends.map(({ out }) => (JSON.parse(out) as { id: string }).id)).size).toBe(1);
    expect(Number(await count())).toBe(before + 1);
  });

  it('waits through an outage of the server, and never takes it for an end', async () => {
    const proxy = await startTcpProxy(Number(new URL(fleet.running.url).port));
    const env = { ...environment(), SLIPWAY_URL: `http://127.0.0.1:${proxy.port}` };
    await fleet.sql(`update devices set simulation = '{"step_ms": 1500}' where id = any($1)`, [good]);
    try {
      const waiting = CommandProcess.start(['trigger', 'deploy', '--wait'], { env });
      const impatient = CommandProcess.start(
        ['trigger', 'deploy', '-p', `devices:=["${bad[0]}"]`, '--wait', '--patience', '1s'],
        { env },
      );
      await waiting.says(' running');
      await impatient.says('%');
      await proxy.stop();
      await waiting.says('asking again');
      await proxy.start();
      const end = await waiting.ended;
      expect(end).toMatchObject({ code: 0, err: expect.stringContaining('the server is back') as string });
      // It had seen the end before, or it says that it does not know: nothing in between.
      expect([1, 6]).toContain((await impatient.ended).code);
    } finally {
      await proxy.stop();
      await fleet.sql(`update devices set simulation = '{"step_ms": 5}' where id = any($1)`, [good]);
    }
  });

  it('keeps a log-in where only its user can read it, for its own server only', async () => {
    const home = mkdtempSync(join(folder, 'home-'));
    const env = { HOME: home, SLIPWAY_URL: fleet.running.url };
    const wrong = await slipway(['login'], { env, input: 'admin\nwrong password\n' });
    expect(wrong.code).toBe(1);
    expect(await slipway(['login'], { env, input: 'admin\n' })).toMatchObject({ code: 2 });
    const done = await slipway(['login'], { env, input: `admin\n${ADMIN_PASSWORD}\n` });
    const file = join(home, '.config', 'slipway', 'login.json');
    expect(done).toMatchObject({
      code: 0,
      out: `logged in to ${fleet.running.url} as admin (admin); the token is in ${file}\n`,
    });
    expect([statSync(file).mode & 0o777, statSync(join(file, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(await slipway(['status'], { env })).toMatchObject({ code: 0 });
    // The kept address counts when no other is said; the kept token goes to no other.
    expect(await slipway(['status'], { env: { HOME: home } })).toMatchObject({ code: 0 });
    expect(await slipway(['status', '--url', 'http://127.0.0.1:9'], { env })).toMatchObject({ code: 2 });
    const { token } = JSON.parse(readFileSync(file, 'utf8')) as { token: string };
    expect(await slipway(['logout'], { env })).toMatchObject({ code: 0 });
    expect(() => statSync(file)).toThrow('ENOENT');
    expect(await slipway(['status', '--token', token], { env })).toMatchObject({ code: 1 });
    expect(await slipway(['login', '--token', planToken], { env })).toMatchObject({ code: 1 });
  });

  interface Script {
    readonly text: string;
    readonly env: Readonly<Record<string, string>>;
  }
  async function shell(words: readonly string[], { text, env }: Script) {
    const output = join(folder, 'github-output');
    writeFileSync(output, '');
    const ran = promisify(execFile)(words[0]!, [...words.slice(1), text], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, GITHUB_OUTPUT: output, ...env },
    });
    const code = await ran.then(
      () => 0,
      (error: { code: number }) => error.code,
    );
    return {
      code,
      output: readFileSync(output, 'utf8'),
      junit: () => readFileSync(join(folder, 'slipway-report.xml'), 'utf8'),
    };
  }

  const CASES: [string, Record<'plan' | 'parameters' | 'timeout', string>, () => string[], number][] = [
    ['succeeds', { plan: 'deploy', parameters: 'label=it is "night"; $(exit 9)\n\n', timeout: '5m' }, () => good, 0],
    ['fails', { plan: 'deploy', parameters: '', timeout: '' }, () => bad, 1],
    ['waits too long', { plan: 'deploy', parameters: '', timeout: '0' }, () => good, 5],
    ['is told nonsense', { plan: 'deploy', parameters: 'nonsense', timeout: '' }, () => good, 2],
  ];
  const spoken = (parameters: string, ids: readonly string[]) =>
    [parameters.trimEnd(), `devices:=${JSON.stringify(ids)}`].filter((line) => line !== '').join('\n');

  it.each(CASES)('the GitHub action %s as the batch does', async (_what, given, ids, code) => {
    const action = parse(readFileSync(join(ROOT, 'ci/github/action.yml'), 'utf8')) as {
      inputs: Record<string, { default?: string; required?: boolean }>;
      runs: { using: string; steps: { id?: string; run: string; shell: string; env?: Record<string, string> }[] };
    };
    const inputs: Record<string, string> = {
      ...given,
      parameters: spoken(given.parameters, ids()),
      url: fleet.running.url,
      token: planToken,
      command: COMMAND,
    };
    const step = action.runs.steps.find(({ id }) => id === 'slipway')!;
    expect([action.runs.using, step.shell, step.run.includes('${{')]).toEqual(['composite', 'bash', false]);
    const env = Object.fromEntries(
      Object.entries(step.env!).map(([name, text]) => {
        const input = /^\$\{\{ inputs\.([a-z]+) \}\}$/.exec(text)![1]!;
        expect(Object.keys(action.inputs)).toContain(input);
        return [name, inputs[input] ?? action.inputs[input]!.default!];
      }),
    );
    const end = await shell(['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c'], { text: step.run, env });
    expect([end.code, end.output]).toEqual([code, `exit-code=${code}\n`]);
    if (code === 0) expect(end.junit()).toContain('<testsuite name="it is &quot;night&quot;; $(exit 9)"');
  });

  it.each(CASES)('the GitLab job %s as the batch does', async (_what, given, ids, code) => {
    const file = parse(readFileSync(join(ROOT, 'ci/gitlab/slipway.gitlab-ci.yml'), 'utf8')) as {
      '.slipway': {
        variables: Record<string, string>;
        before_script: string[];
        script: string[];
        artifacts: { reports: { junit: string } };
      };
    };
    const { variables, before_script: before, script, artifacts } = file['.slipway'];
    expect(artifacts.reports.junit).toBe('slipway-report.xml');
    const env = {
      ...variables,
      SLIPWAY_URL: fleet.running.url,
      SLIPWAY_TOKEN: planToken,
      SLIPWAY_PLAN: given.plan,
      SLIPWAY_PARAMETERS: spoken(given.parameters, ids()),
      SLIPWAY_TIMEOUT: given.timeout,
      SLIPWAY_COMMAND: COMMAND,
    };
    const end = await shell(['sh', '-e', '-c'], { text: [...before, ...script].join('\n'), env });
    expect(end.code).toBe(code);
    if (code === 1) expect(end.junit()).toContain('tests="3" failures="3"');
  });

  it('does what the README shows', async () => {
    const [, session, shown] = /## CI\n[^]*?```sh\n([^]*?)```\n```\n([^]*?)```/.exec(
      readFileSync(join(ROOT, 'README.md'), 'utf8'),
    )!;
    const text = `set -e\nnpx() { shift; ${COMMAND} "$@"; }\n${session!.replace('http://127.0.0.1:8080', fleet.running.url)}`;
    const env = { PATH: process.env.PATH, HOME: mkdtempSync(join(folder, 'home-')), PASSWORD: ADMIN_PASSWORD };
    const { stdout } = await promisify(execFile)('bash', ['-c', text], { cwd: folder, env });
    const [login, ...rest] = stdout.split('\n');
    expect(login).toMatch(/^logged in to .* as admin/);
    const plain = (output: string) => output.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID');
    expect(plain(rest.join('\n'))).toBe(plain(shown!));
  });
});
