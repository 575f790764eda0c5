import type { JobSpec } from '../../orchestration/batches.service.js';
import type { StepSpec } from '../../orchestration/step.js';
import { isNodeAction, isSiteAction, type NodeAction, REPORT_ACTION } from '../tasks/actions.js';

/** The kind of the batches and jobs of tasks. */
export const DRYDOCK = 'drydock';

/** What a batch was made for. */
export interface TaskRequest {
  readonly taskId: string;
}

export interface TaskJobInput {
  readonly rootId: string;
  readonly taskId: string;
  readonly action: string;
  /** The node it works on; null for what is done once for the whole part. */
  readonly node: string | null;
}

/** The job of a root that finds out what is to be done. */
export const OPENING: StepSpec = step('open', 'open', { timeoutS: 120, repeatable: true });

/** A report has its own end; the step's is only there for when that is not reached. */
const REPORT_SLACK_S = 600;

const NODE_STEPS: Readonly<Record<NodeAction, readonly StepSpec[]>> = {
  interrogate_oob: [step('interrogate', 'identify', { repeatable: true })],
  identify_node: [step('identify', 'identify', { repeatable: true })],
  set_node_boot: [step('set boot device', 'boot_device', { repeatable: true })],
  power_cycle_node: [step('power cycle', 'power_cycle', {})],
  configure_hardware: [act('commission', 3_600)],
  apply_node_networking: [configure('networking')],
  apply_node_storage: [configure('storage')],
  apply_node_platform: [configure('platform')],
  deploy_node: [step('boot context', 'boot_context', { repeatable: true }), act('deploy', 7_200)],
  destroy_node: [step('revoke', 'revoke', { repeatable: true }), act('release', 1_800)],
  relabel_node: [configure('labels')],
};

function step(name: string, kind: string, options: Partial<StepSpec>): StepSpec {
  return { name, kind, phase: name, config: {}, timeoutS: 300, retries: 3, retryDelayS: 2, ...options };
}

function act(name: string, timeoutS: number): StepSpec {
  return step(name, 'act', { config: { act: name }, timeoutS, measured: true });
}

function configure(aspect: string): StepSpec {
  return step(aspect, 'configure', { config: { aspect }, repeatable: true });
}

export function openingJob(rootId: string, action: string): JobSpec {
  const input: TaskJobInput = { rootId, taskId: rootId, action, node: null };
  return { targetKind: 'drydock-task', targetId: rootId, label: action, input: { ...input }, steps: [OPENING] };
}

/** The jobs of a part that has no parts of its own: one per node, so that no node is worked on twice at a time. */
export function jobsOfPart(
  part: Omit<TaskJobInput, 'node'> & { readonly nodeNames: readonly string[] },
  reportTimeoutS: number,
): JobSpec[] {
  const { nodeNames, ...rest } = part;
  const { action, taskId } = part;
  if (isNodeAction(action)) {
    const steps = NODE_STEPS[action];
    return nodeNames.map((node) => ({
      targetKind: 'drydock-node',
      targetId: node,
      label: `${action} ${node}`,
      input: { ...rest, node },
      steps,
    }));
  }
  const steps = isSiteAction(action)
    ? [step('site', 'site', { repeatable: true })]
    : reportSteps(action, reportTimeoutS);
  return [{ targetKind: 'drydock-task', targetId: taskId, label: action, input: { ...rest, node: null }, steps }];
}

function reportSteps(action: string, timeoutS: number): StepSpec[] {
  if (action !== REPORT_ACTION) throw new Error(`Nothing is known to do for ${action}`);
  return [step('report', 'report', { timeoutS: timeoutS + REPORT_SLACK_S, config: { timeoutS }, repeatable: true })];
}
