import type { Genesis, GenesisClient, MadeProject } from './genesis.js';
import { ok } from './genesis.js';

/** What the tests of environments run: simulated steps, so that only the engine is looked at. */
export const TEMPLATES = {
  'erlang.yaml': `
name: Erlang
version: "2.0"
createWorkflow: create
destroyWorkflow: destroy
workflows:
  create:
    variables:
      - {name: nodesCount, type: Integer, description: Erlang worker nodes count, validate: [{message: must be positive, when: "value > 0"}]}
      - {name: secret, type: Secret, description: Cookie, optional: true}
    steps:
      - {kind: simulate, title: Nodes, phase: provision}
      - {kind: attributes, phase: done, after: [provision], set: {url: {description: Node URL, value: "http://127.0.0.1/\${vars.nodesCount}"}}}
  scale: {steps: [{kind: simulate, phase: scale}]}
  slow: {steps: [{kind: simulate, title: first}, {kind: simulate, title: second, durationMs: 60000}, {kind: simulate, title: third}]}
  nothing: {}
  picky:
    require: [{message: Environment must contain no active instances, when: "envConfig.instanceCount == 0"}]
    steps: [{kind: simulate}]
  destroy: {steps: [{kind: simulate, phase: destroy}]}
`,
  'flows.yaml': `
name: Flows
version: "1"
createWorkflow: create
destroyWorkflow: destroy
workflows:
  create: {}
  seven:
    steps:
      - {kind: simulate, phase: p1}
      - {kind: simulate, phase: p2, after: [p1]}
      - {kind: simulate, phase: p3, after: [p2]}
      - {kind: simulate, phase: p4, after: [p3], title: fourth, outcome: fail}
      - {kind: simulate, phase: p5, after: [p4]}
      - {kind: simulate, phase: p6, after: [p5]}
      - {kind: simulate, phase: p7, after: [p6]}
    onError:
      - {kind: simulate, title: "rescue of \${failedStep}"}
      - {kind: simulate, title: broken rescue, outcome: fail}
      - {kind: simulate, title: last rescue}
  ignoring:
    steps:
      - {kind: simulate, title: bad, ignoreFail: true, outcome: fail}
      - {kind: simulate, title: good}
  graph:
    steps:
      - {kind: simulate, title: a, phase: A, durationMs: 400}
      - {kind: simulate, title: b, phase: B, durationMs: 400}
      - {kind: simulate, title: c1, phase: C, after: [A, B], durationMs: 200}
      - {kind: simulate, title: c2, phase: C, after: [A, B], durationMs: 200}
      - {kind: simulate, title: d, phase: D, after: [C]}
  retried: {steps: [{kind: simulate, retryCount: 2, failTimes: 2}]}
  siblings:
    steps:
      - {kind: simulate, title: long, phase: A, durationMs: 60000}
      - {kind: simulate, title: fails, phase: B, durationMs: 300, outcome: fail}
      - {kind: simulate, title: after, phase: C, after: [A]}
    onError: [{kind: simulate, title: rescue}]
  looks: {readOnly: true, steps: [{kind: simulate, outcome: fail}]}
  unbuildable: {steps: [{kind: simulate, title: "\${context.nobody}"}]}
  skipping:
    steps:
      - {kind: simulate, title: never, skip: true}
      - {kind: simulate, title: sets, export: {answer: "40 + 2"}}
      - {kind: simulate, title: told, skip: "context.answer == 42"}
      - {kind: attributes, title: "answer \${context.answer}", set: {answer: {value: "\${context.answer}"}}}
  hidden:
    variables: [{name: password, type: Secret, description: Password}]
    steps: [{kind: attributes, title: "with \${vars.password}", set: {shown: {value: "it is \${vars.password}"}}}]
  long: {steps: [{kind: simulate, durationMs: 60000}]}
  lasting:
    steps: [{kind: simulate, title: first}, {kind: simulate, title: second, durationMs: 7000}, {kind: simulate, title: third}]
  fails: {steps: [{kind: simulate, outcome: fail}]}
  destroy: {steps: [{kind: simulate}]}
`,
  'strict.yaml': `
name: Strict
version: "1"
createWorkflow: create
destroyWorkflow: destroy
workflows:
  create: {}
  destroy: {variables: [{name: why, type: String}], steps: [{kind: simulate}]}
`,
} as const;

export interface WorkflowDetails {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly startedBy: string;
  readonly variables: Record<string, string>;
  readonly stepsCompleted: number;
  readonly executionStartedTimestamp?: number;
  readonly executionFinishedTimestamp?: number;
  readonly steps?: readonly {
    readonly stepId: string;
    readonly phase: string;
    readonly status: string;
    readonly details: string;
    readonly title?: string;
    readonly regular: boolean;
    readonly started?: number;
    readonly finished?: number;
  }[];
}

export interface Link {
  readonly rel: string;
  readonly href: string;
  readonly methods: readonly string[];
  readonly type?: string;
}

export interface Details {
  readonly envId: number;
  readonly name: string;
  readonly status: string;
  readonly historyCount: number;
  readonly timeToLive?: number;
  readonly attributes: Record<string, { value: string; description: string }>;
  readonly links: readonly Link[];
  readonly [more: string]: unknown;
}

const DEADLINE_MS = 60_000;

/** Environments of one project, as one user sees them. */
export class Envs {
  private made = 0;

  constructor(
    private readonly client: GenesisClient,
    readonly path: string,
  ) {}

  static async of(genesis: Genesis, project?: MadeProject): Promise<Envs> {
    const { id } = project ?? (await genesis.makeProject());
    return new Envs(genesis.as('genesis'), `/projects/${id}/envs`);
  }

  async create(template: string, version: string, variables: object = {}, more: object = {}): Promise<number> {
    const envName = `env ${(this.made += 1)}`;
    const body = { envName, templateName: template, templateVersion: version, variables, ...more };
    return ok(await this.client.post(this.path, body)).result as number;
  }

  /** Of the template `Flows`, ready. */
  async flows(): Promise<number> {
    const id = await this.create('Flows', '1');
    await this.until(id, 'Ready');
    return id;
  }

  async run(id: number, workflow: string, variables: object = {}): Promise<number> {
    const body = { parameters: { variables } };
    return ok(await this.client.post(`${this.path}/${id}/workflows/${workflow}`, body)).result as number;
  }

  async details(id: number): Promise<Details> {
    return (await this.client.get(`${this.path}/${id}`)).json<Details>();
  }

  async until(id: number, ...statuses: readonly string[]): Promise<Details> {
    return poll(
      () => this.details(id),
      ({ status }) => statuses.includes(status),
    );
  }

  async history(id: number, query = ''): Promise<{ history: WorkflowDetails[]; totalCount: number }> {
    return (await this.client.get(`${this.path}/${id}/history${query}`)).json();
  }

  /** The newest workflow. */
  async newest(id: number): Promise<WorkflowDetails> {
    return (await this.history(id, '?page_length=1')).history[0]!;
  }

  /** Runs a workflow to its end. */
  async through(id: number, workflow: string, variables: object = {}): Promise<WorkflowDetails> {
    await this.run(id, workflow, variables);
    await this.until(id, 'Ready', 'Broken', 'Destroyed');
    return this.newest(id);
  }
}

export async function poll<T>(look: () => Promise<T>, isThere: (found: T) => boolean): Promise<T> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const found = await look();
    if (isThere(found)) return found;
    if (Date.now() > deadline) throw new Error(`not in time: ${JSON.stringify(found)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
