import type { BootHost, HostFacts, PowerState } from '../../drivers/boot-host/boot-host.js';
import type { BootHostDriver, HostStatusName } from '../../drivers/boot-host/boot-host-driver.js';
import type { StepContext, StepHandler } from '../../orchestration/step-handler.js';
import type { Design, DesignNode } from '../designs/design.js';
import type { LoadedDesign } from '../designs/read-design.js';
import type { ReportedAction } from './boot-report.js';

/** What the steps of a task's job are given. */
export interface TaskWork {
  readonly task: {
    readonly id: string;
    readonly action: string;
    readonly nodeFilter: Readonly<Record<string, unknown>> | null;
  };
  readonly machine: Machine | null;
  /** What a report waits for, as it was when the job was claimed. */
  readonly reported: readonly ReportedAction[];
  readonly records: WorkRecords;
  /** Never throws for a bad design. */
  loadDesign(signal: AbortSignal): Promise<LoadedDesign>;
  /** Whether anything drives this node; without one: whether anything drives any. */
  isDriven(node: DesignNode | null): boolean;
}

export interface Machine {
  readonly host: BootHost;
  readonly driver: BootHostDriver | null;
}

/** What is written while a step is at work: each call by itself, and each harmless when it is repeated. */
export interface WorkRecords {
  /** What the root's design said, and which of its nodes it works on. */
  opened(loaded: LoadedDesign, design: Design | null, nodeNames: readonly string[]): Promise<void>;
  identified(facts: HostFacts): Promise<void>;
  /** Does it run what was deployed on it, or is it being deployed? */
  isInUse(): Promise<boolean>;
  seen(statusName: HostStatusName, power: PowerState): Promise<void>;
  openBootContext(): Promise<void>;
  revokeBootContext(): Promise<void>;
}

export type WorkContext = StepContext<TaskWork>;
export type WorkHandler = StepHandler<TaskWork>;
