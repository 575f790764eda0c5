import type { StepContext, StepHandler } from '../../orchestration/step-handler.js';
import type { Scope } from '../templates/expressions/scope.js';
import type { StepDefinition } from '../templates/template.js';
import type { StepDrivers } from './step-drivers.js';

/** What the engine loads for a step of a workflow. Secrets are in clear here and must never be logged or thrown. */
export interface StepWork {
  /** With every `${…}` replaced but in the text of commands (spec environments section 5.3). */
  readonly definition: StepDefinition;
  /** What expressions may read; `vars` in clear. */
  readonly scope: Scope;
  /** The workflow's variables, typed and in clear. */
  readonly variables: Readonly<Record<string, string | number | boolean>>;
  readonly environment: {
    readonly id: number;
    readonly name: string;
    readonly projectId: number;
    readonly createdAt: Date;
  };
  readonly workflow: { readonly id: number; readonly name: string; readonly startedBy: string };
  readonly stepId: number;
  /** The settings of the environment's configuration: where a project allows shell steps, for instance. */
  readonly configItems: Readonly<Record<string, string>>;
  /** Servers of the node pool that the environment has now. */
  readonly servers: readonly EnvironmentServer[];
  /** Texts that must not be shown. */
  readonly secrets: readonly string[];
  readonly record: StepRecorder;
  readonly drivers: StepDrivers;
}

export interface EnvironmentServer {
  /** The pool's name of it. */
  readonly id: string;
  readonly role: string;
  readonly hostname: string;
  readonly address: string;
}

export interface EnvironmentAttribute {
  readonly value: string;
  readonly description: string;
}

export type ActionEnd = 'Successful' | 'Failed' | 'Canceled' | 'Interrupted';

export interface LogEntry {
  /** Masked. */
  readonly text: string;
  /** Which entry of its action this is: one of the same number is kept once. */
  readonly position: number;
}

/**
 * What a step tells about the commands and calls in it while it runs. Each may be told again after a crash, and changes
 * nothing then. Nothing can be told any more once the step's signal has aborted.
 */
export interface StepRecorder {
  startAction(action: { readonly uuid: string; readonly name: string; readonly description?: string }): Promise<void>;
  endAction(uuid: string, status: ActionEnd, message?: string): Promise<void>;
  /** Of an action, or of the step itself (null). */
  log(uuid: string | null, entries: readonly LogEntry[]): Promise<void>;
}

/** What a step came to, in its outcome's `result`: recorded in the transaction that ends the step. */
export interface StepResult extends Record<string, unknown> {
  /** For the environment's context. */
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly attributes?: Readonly<Record<string, EnvironmentAttribute>>;
  readonly leased?: readonly EnvironmentServer[];
  /** Ids of servers that were given back. */
  readonly released?: readonly string[];
}

export type WorkContext = StepContext<StepWork>;
export type WorkHandler = StepHandler<StepWork>;
