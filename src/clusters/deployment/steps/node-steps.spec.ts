import {
  NodeHostDriver,
  type CommandLook,
  type CommandStart,
  type HostCommand,
  type HostFacts,
  type HostFile,
  type NodeHost,
  type NodeHostSession,
} from '../../../drivers/node-host/node-host-driver.js';
import type { StepHandler } from '../../../orchestration/step-handler.js';
import type { NodeAction, NodeJobContext, NodeJobSubject } from '../node-job.js';
import { accessStep } from './access-step.js';
import { haltStep } from './halt-step.js';
import { rebootStep } from './reboot-step.js';
import { shellStep } from './shell-step.js';

/** A host in memory: what was started on it stays when the session ends. */
class FakeHost extends NodeHostDriver implements NodeHostSession {
  readonly name = 'fake';
  readonly commands = new Map<string, { script: string; look: CommandLook }>();
  bootId = 'one';
  isBusy = false;
  opened = 0;
  closed = 0;
  /** What becomes of a command that is started. */
  ending: Partial<CommandLook> = { state: 'ended', exitCode: 0 };
  failNextStart: Error | null = null;

  async open(): Promise<NodeHostSession> {
    this.opened += 1;
    return this;
  }
  async facts(): Promise<HostFacts> {
    return { hostname: 'h', system: 'Linux 6', bootId: this.bootId };
  }
  async start({ token, script }: HostCommand): Promise<CommandStart> {
    const failure = this.failNextStart;
    this.failNextStart = null;
    if (failure) throw failure;
    if (this.commands.has(token)) return 'known';
    if (this.isBusy) return 'busy';
    const look = { state: 'running', exitCode: null, lines: [], nextByte: 0, ...this.ending } as CommandLook;
    this.commands.set(token, { script, look });
    return 'started';
  }
  async look(token: string, fromByte: number): Promise<CommandLook> {
    const found = this.commands.get(token)?.look;
    if (!found) return { state: 'absent', exitCode: null, lines: [], nextByte: fromByte };
    return fromByte >= found.nextByte && fromByte > 0 ? { ...found, lines: [] } : found;
  }
  async halt(token: string | null): Promise<string[]> {
    const running = [...this.commands].filter(([key, { look }]) => look.state === 'running' && (token ?? key) === key);
    for (const [key, { script, look }] of running) this.commands.set(key, { script, look: { ...look, state: 'lost' } });
    return running.map(([key]) => key);
  }
  async forget(): Promise<void> {
    this.commands.clear();
  }
  async upload(_file: HostFile): Promise<void> {}
  reboot(token: string): Promise<CommandStart> {
    return this.start({ token, script: 'reboot', cwd: '/', environment: {} });
  }
  async close(): Promise<void> {
    this.closed += 1;
  }
  get scripts(): string[] {
    return [...this.commands.values()].map(({ script }) => script);
  }
}

const COMMAND = { cmd: 'do it', cwd: '/', timeoutS: 60, retries: 0, intervalS: 7 };

function job(host: FakeHost, config: Record<string, unknown> = COMMAND, action: NodeAction = 'deploy') {
  const logged: string[] = [];
  const step: { config: Record<string, unknown>; state?: Record<string, unknown>; sentAt?: string } = { config };
  let time = 1_000_000;
  const context = {
    step,
    signal: new AbortController().signal,
    subject: { host: { id: 1 } as NodeHost, driver: host, input: { action, environment: {} }, learnHostKey: () => {} },
    log: (line: string) => void logged.push(line),
    progress: () => undefined,
    remember: async (state: Record<string, unknown>) => void (step.state = { ...step.state, ...state }),
    beforeIrreversible: async (state: Record<string, unknown>) => {
      step.state = { ...step.state, ...state };
      step.sentAt = 'now';
    },
    now: () => (time += 10),
  } as unknown as NodeJobContext;
  return {
    step,
    logged,
    run: (handler: StepHandler<NodeJobSubject>) => handler.run(context),
    check: (handler: StepHandler<NodeJobSubject>) => handler.check!(context),
    pass: (ms: number) => void (time += ms),
  };
}

describe('a command on a node', () => {
  it('is started, followed and logged', async () => {
    const host = new FakeHost();
    host.ending = { state: 'ended', exitCode: 0, lines: ['a', 'b'], nextByte: 4 };
    const work = job(host);
    expect(await work.run(shellStep)).toEqual({ outcome: 'success' });
    expect(work.logged).toEqual(['a', 'b']);
    expect(host.scripts).toEqual(['do it']);
    expect([host.opened, host.closed]).toEqual([1, 1]);
  });

  it('is not started again by whoever goes on after a crash, wherever that was', async () => {
    const host = new FakeHost();
    host.failNextStart = new Error('the process is gone');
    const work = job(host);
    // Before the start: the same token is used.
    await expect(work.run(shellStep)).rejects.toThrow('gone');
    const token = work.step.state!['token'];
    expect(await work.run(shellStep)).toEqual({ outcome: 'success' });
    expect([...host.commands.keys()]).toEqual([token]);
    // After its end, before that was recorded.
    expect(await work.run(shellStep)).toEqual({ outcome: 'success' });
    expect(host.scripts).toEqual(['do it']);
  });

  it('logs nothing twice when its watch goes on elsewhere', async () => {
    const host = new FakeHost();
    host.ending = { state: 'ended', exitCode: 0, lines: ['a'], nextByte: 2 };
    const work = job(host);
    await work.run(shellStep);
    await work.run(shellStep);
    expect(work.logged).toEqual(['a']);
  });

  it('fails with what it said last', async () => {
    const host = new FakeHost();
    host.ending = { state: 'ended', exitCode: 3, lines: ['working', 'no such package'], nextByte: 24 };
    expect(await job(host).run(shellStep)).toEqual({
      outcome: 'failed',
      message: 'The command failed with exit code 3: working no such package',
    });
  });

  it('is tried again as often as its task says, after its interval, under another token', async () => {
    const host = new FakeHost();
    host.ending = { state: 'ended', exitCode: 1 };
    const work = job(host, { ...COMMAND, retries: 2 });
    const waits = [await work.run(shellStep), await work.run(shellStep)];
    expect(waits).toEqual([
      { outcome: 'again', afterMs: 7000, waitingFor: 'The command failed with exit code 1; try 2 of 3' },
      { outcome: 'again', afterMs: 7000, waitingFor: 'The command failed with exit code 1; try 3 of 3' },
    ]);
    expect(await work.run(shellStep)).toMatchObject({ outcome: 'failed' });
    expect(host.scripts).toHaveLength(3);
  });

  it('is a failed try when something else ended it', async () => {
    const host = new FakeHost();
    host.ending = { state: 'lost' };
    expect(await job(host).run(shellStep)).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(/ended from outside/),
    });
  });

  it('is ended when its time is over, and only then is it a failure', async () => {
    const host = new FakeHost();
    host.ending = { state: 'running' };
    const work = job(host);
    const following = work.run(shellStep);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(host.commands.size).toBe(1);
    work.pass(60_000);
    expect(await following).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(/did not end within 60 s and was ended/),
    });
    expect([...host.commands.values()].map(({ look }) => look.state)).toEqual(['lost']);
  });

  it('gives its slot back when it takes long', async () => {
    const host = new FakeHost();
    host.ending = { state: 'running' };
    const work = job(host, { ...COMMAND, timeoutS: 3600 });
    const following = work.run(shellStep);
    await new Promise((resolve) => setTimeout(resolve, 20));
    work.pass(61_000);
    expect(await following).toMatchObject({ outcome: 'again', afterMs: 5000 });
    expect(host.closed).toBe(1);
  });

  it('waits for a command that still runs on the node', async () => {
    const host = new FakeHost();
    host.isBusy = true;
    const work = job(host);
    expect(await work.run(shellStep)).toMatchObject({
      outcome: 'again',
      waitingFor: expect.stringMatching(/still runs on the node/),
    });
    host.isBusy = false;
    expect(await work.run(shellStep)).toEqual({ outcome: 'success' });
  });
});

describe('a reboot', () => {
  it('is announced, asked for once, and proven by another boot', async () => {
    const host = new FakeHost();
    const work = job(host, {});
    expect(await work.run(rebootStep)).toMatchObject({ outcome: 'again' });
    expect(work.step.sentAt).toBe('now');
    expect(await work.check(rebootStep)).toMatchObject({ outcome: 'again', waitingFor: 'The node to go down' });
    host.bootId = 'two';
    expect(await work.check(rebootStep)).toMatchObject({ outcome: 'success', message: 'h has rebooted' });
    expect(host.scripts).toEqual(['reboot']);
  });

  it('may be asked for again only when the host never got it', async () => {
    const host = new FakeHost();
    host.failNextStart = new Error('cut');
    const work = job(host, {});
    await expect(work.run(rebootStep)).rejects.toThrow('cut');
    expect(work.step.sentAt).toBe('now');
    expect(await work.check(rebootStep)).toMatchObject({ outcome: 'not_done' });
  });

  it('fails when the host refuses', async () => {
    const host = new FakeHost();
    host.ending = { state: 'ended', exitCode: 1, lines: ['must be root'], nextByte: 13 };
    const work = job(host, {});
    await work.run(rebootStep);
    expect(await work.check(rebootStep)).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching(/exit code 1\): must be root/),
    });
  });
});

describe('the other steps', () => {
  it('look at the node before anything is done, and refuse a release with nothing to do', async () => {
    const host = new FakeHost();
    expect(await job(host, { tasks: 2 }).run(accessStep)).toMatchObject({ message: 'h answers (Linux 6)' });
    expect(await job(host, { tasks: 0 }).run(accessStep)).toMatchObject({
      message: expect.stringMatching(/no deployment task is for its roles/),
    });
    expect(await job(host, { tasks: 0 }, 'provision').run(accessStep)).toMatchObject({
      message: 'h answers (Linux 6)',
    });
    expect(await job(host, { refusal: 'nothing to run' }).run(accessStep)).toEqual({
      outcome: 'failed',
      message: 'nothing to run',
    });
    expect(host.opened).toBe(3);
  });

  it('stop what runs, and forget it for a reset', async () => {
    const host = new FakeHost();
    host.ending = { state: 'running' };
    await host.start({ token: 't', script: 'x', cwd: '/', environment: {} });
    expect(await job(host, {}, 'stop').run(haltStep)).toMatchObject({ message: 'What ran on the node was ended' });
    expect(await job(host, { forget: true }, 'reset').run(haltStep)).toMatchObject({
      message: expect.stringMatching(/Nothing ran/),
    });
    expect(host.commands.size).toBe(0);
  });
});
