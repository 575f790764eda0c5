import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const LIMIT_MS = 170_000;

interface Demo {
  readonly child: ChildProcess;
  output(): string;
  /** The exit code, when it has ended. */
  readonly ended: Promise<number | null>;
}

/** As `npm run demo` starts it, in an empty folder, so that no developer's .env is read. Builds when that is needed. */
function startDemo(args: readonly string[], folder: string): Demo {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/start.mjs'), 'demo', ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], PORT: '0', SLIPWAY_DATA_DIR: join(folder, 'data') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, output: () => chunks.join(''), ended };
}

async function untilSaid(demo: Demo, text: string): Promise<void> {
  if (demo.output().includes(text)) return;
  await new Promise<void>((resolve, reject) => {
    demo.child.stdout?.on('data', () => demo.output().includes(text) && resolve());
    void demo.ended.then((code) => reject(new Error(`ended with ${code} before "${text}": ${demo.output()}`)));
  });
}

describe('npm run demo', () => {
  let folder: string;
  let running: Demo | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-demo-'));
    // As root the database runs as another user, who has to get in.
    chmodSync(folder, 0o755);
    // Whatever there is to build is built before anything is timed.
    await startDemo(['--help'], folder).ended;
  }, LIMIT_MS);

  afterEach(async () => {
    running?.child.kill('SIGKILL');
    await running?.ended;
    running = undefined;
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function start(...args: string[]): Demo {
    return (running = startDemo(args, folder));
  }

  it('explains itself and starts nothing', async () => {
    const help = start('--help');
    expect(await help.ended).toBe(0);
    expect(help.output()).toContain('--once');
    const unknown = start('--twice');
    expect(await unknown.ended).toBe(1);
    expect(unknown.output()).toContain("Unknown option '--twice'");
    expect(existsSync(join(folder, 'data'))).toBe(false);
  });

  it(
    'upgrades a fleet one by one and at once, tells it line by line, and ends with 0',
    async () => {
      const demo = start('--once');
      expect(`${await demo.ended}\n${demo.output()}`).toMatch(/^0\n/);
      const lines = demo.output().split('\n');
      // A terminal's control characters have no place in a file.
      expect(demo.output()).not.toContain('\u001b');
      expect(lines.some((line) => /demo-sw-1 +scheduled +0 % +waits for its time/.test(line))).toBe(true);
      expect(lines.some((line) => /demo-sw-4 +distributing +\d+ % +Distribution/.test(line))).toBe(true);
      expect(lines.some((line) => /demo-sw-4 +activating +\d+ % +Activation/.test(line))).toBe(true);
      const results = lines.filter((line) => /^ +demo-sw-\d +(one by one|at once) /.test(line));
      expect(results).toHaveLength(8);
      for (const line of results) expect(line).toMatch(/success +17\.06\.05 +17\.09\.04a +1 +[\d.]+ s$/);
      expect(lines).toContain('All upgrades ended as they should.');
      expect(demo.output()).toMatch(/address +http:\/\/127\.0\.0\.1:\d+/);
      expect(demo.output()).toMatch(/token +\S{40}/);
    },
    LIMIT_MS,
  );

  it(
    'upgrades again where it ran before, then serves until it is told to stop',
    async () => {
      const demo = start();
      await untilSaid(demo, 'Serving until Ctrl-C.');
      expect(demo.output()).toContain('All upgrades ended as they should.');
      const url = /address +(\S+)/.exec(demo.output())?.[1] ?? '';
      const token = /token +(\S+)/.exec(demo.output())?.[1] ?? '';
      const headers = { authorization: `Token ${token}` };
      const answer = await fetch(`${url}/api/dcim/devices/?hostname__ic=demo-sw`, { headers });
      // The same eight switches, not eight more.
      expect(await answer.json()).toMatchObject({ count: 8 });
      demo.child.kill('SIGINT');
      expect(await demo.ended).toBe(0);
      await expect(fetch(`${url}/health/live`)).rejects.toThrow();
    },
    LIMIT_MS,
  );
});
