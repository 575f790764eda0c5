import { HttpCaller } from '../../src/drivers/http-call/http-caller.js';
import { SshNodeHostDriver } from '../../src/drivers/node-host/ssh-node-host.js';
import { ServerLeaseRegistry } from '../../src/drivers/pool/server-leases.js';
import { ShellCommands } from '../../src/drivers/shell/shell-commands.js';
import { StepDrivers } from '../../src/environments/steps/step-drivers.js';
import type { LogEntry, StepWork, WorkContext, WorkHandler } from '../../src/environments/steps/step-work.js';
import type { Json, StepDefinition } from '../../src/environments/templates/template.js';
import type { StepOutcome } from '../../src/orchestration/step-handler.js';

export interface BenchOptions {
  readonly folder: string;
  readonly httpAllow?: readonly string[];
  readonly work?: Partial<StepWork>;
}

type Definition = Partial<Omit<StepDefinition, 'settings'>> & { readonly settings: Readonly<Record<string, Json>> };

interface Action {
  readonly name: string;
  readonly description: string | undefined;
  status: string;
}

export function benchDrivers(
  { folder, httpAllow = [] }: BenchOptions,
  leases = new ServerLeaseRegistry(),
): StepDrivers {
  const shell = new ShellCommands({ folder, user: 'nobody', graceMs: 300 });
  const http = new HttpCaller({ allow: httpAllow });
  return new StepDrivers(shell, http, new SshNodeHostDriver(), leases, { username: 'root', keyFile: undefined });
}

/** A step as the engine runs it, with its memory and its records in this process: `run` again is what a restart does. */
export class StepBench {
  readonly actions = new Map<string, Action>();
  readonly lines = new Map<string, string>();
  state: Record<string, unknown> = {};
  /** Milliseconds that the database's clock is ahead. */
  ahead = 0;
  /** Throws where a crash is to be: told before each write of the step's memory. */
  beforeRemember: (state: Record<string, unknown>) => void = () => undefined;
  private abort = new AbortController();

  constructor(
    private readonly handler: WorkHandler,
    private readonly definition: Definition,
    private readonly options: BenchOptions,
    private readonly drivers = benchDrivers(options),
  ) {}

  /** Until it ends; what has to wait is asked again at once. */
  async run(): Promise<Exclude<StepOutcome, { outcome: 'again' }>> {
    for (;;) {
      const outcome = await this.once();
      if (outcome.outcome !== 'again') return outcome;
      await new Promise((resolve) => setTimeout(resolve, Math.min(outcome.afterMs, 30)));
    }
  }

  once(): Promise<StepOutcome> {
    this.abort = new AbortController();
    return this.handler.run(this.context());
  }

  stop(reason: 'aborting' | 'stopping' | 'lost'): void {
    this.abort.abort(reason);
  }

  get logged(): string[] {
    return [...this.lines.values()];
  }

  get statuses(): string[] {
    return [...this.actions.values()].map(({ status }) => status);
  }

  private context(): WorkContext {
    const { signal } = this.abort;
    const remember = async (state: Record<string, unknown>) => {
      signal.throwIfAborted();
      this.beforeRemember(state);
      this.state = { ...this.state, ...(JSON.parse(JSON.stringify(state)) as object) };
    };
    const step = { state: this.state };
    return {
      step,
      subject: this.work(),
      signal,
      remember,
      now: () => Date.now() + this.ahead,
    } as unknown as WorkContext;
  }

  private work(): StepWork {
    const base = { kind: 'shell', title: null, phase: 'p', after: [], ignoreFail: false, retryCount: 0, skip: false };
    const definition = { ...base, timeoutSec: null, export: {}, ...this.definition } as StepDefinition;
    return {
      definition,
      scope: { vars: {}, envConfig: {} },
      variables: {},
      environment: { id: 7, name: 'erlt', projectId: 1, createdAt: new Date(1_000_000) },
      workflow: { id: 21, name: 'create', startedBy: 'genesis' },
      stepId: 3,
      configItems: { 'shell.enabled': 'true' },
      servers: [],
      secrets: [],
      record: {
        startAction: async ({ uuid, name, description }) => {
          if (!this.actions.has(uuid)) this.actions.set(uuid, { name, description, status: 'Running' });
        },
        endAction: async (uuid, status) => {
          const action = this.actions.get(uuid);
          if (action?.status === 'Running') action.status = status;
        },
        log: async (uuid, entries: readonly LogEntry[]) => {
          for (const { text, position } of entries) {
            const key = `${uuid} ${position}`;
            if (!this.lines.has(key)) this.lines.set(key, text);
          }
        },
      },
      drivers: this.drivers,
      ...this.options.work,
    };
  }
}
