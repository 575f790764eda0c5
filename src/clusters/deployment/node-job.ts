import type { NodeHost, NodeHostDriver } from '../../drivers/node-host/node-host-driver.js';
import type { StepContext } from '../../orchestration/step-handler.js';

/** The kind of Fuel's jobs: each is the work on one node. */
export const FUEL = 'fuel';
/** Nodes as the targets of jobs. */
export const NODE = 'node';

export type NodeAction = 'deploy' | 'provision' | 'delete' | 'stop' | 'reset';

/** What a job is to do, fixed when its task was started; stored as the job's input. */
export interface NodeJobInput extends Record<string, unknown> {
  readonly nodeId: number;
  readonly taskId: number;
  readonly clusterId: number;
  readonly releaseId: number;
  readonly action: NodeAction;
  /** What the node's commands get to know. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What the steps of one claim work with; loaded by the domain, so that no step touches the database. */
export interface NodeJobSubject {
  readonly input: NodeJobInput;
  readonly host: NodeHost;
  /** How Slipway gets onto the node. */
  readonly driver: NodeHostDriver;
  learnHostKey(fingerprint: string): Promise<void>;
}

export type NodeJobContext = StepContext<NodeJobSubject>;

/** The steps a node's job may be made of. */
export type NodeStepKind = 'access' | 'shell' | 'upload_file' | 'reboot' | 'halt' | 'leave' | 'simulate';
