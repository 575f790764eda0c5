import { type Action, REPORT_ACTION } from './actions.js';
import { NOTHING_YET, type PartResult, settled, type TaskResult } from './result.js';

/**
 * Which parts a task is made of, and what comes after those that have ended (spec drydock section 6.2). Pure: the
 * engine stores what is decided here.
 */
interface Stage {
  readonly action: Action;
  /** How often it is tried with the nodes that failed. */
  readonly attempts: number;
}

export interface NewPart {
  readonly action: Action;
  readonly nodeNames: readonly string[];
  /** 0 for the first attempt. */
  readonly retry: number;
}

export interface FlowTask {
  readonly action: string;
  readonly nodeNames: readonly string[];
  /** The nodes by the kind of their controllers: `verify_nodes` asks each kind in a part of its own. */
  readonly groups?: readonly (readonly string[])[];
}

export type Next =
  | { readonly next: 'start'; readonly parts: readonly NewPart[] }
  | { readonly next: 'end'; readonly result: TaskResult };

const DEPLOY_ATTEMPTS = 3;

const NODE_STAGES: Readonly<Record<string, readonly Stage[]>> = {
  prepare_nodes: ['identify_node', 'set_node_boot', 'power_cycle_node', 'identify_node', 'configure_hardware'].map(
    once,
  ),
  deploy_nodes: [
    once('apply_node_networking'),
    once('apply_node_storage'),
    once('apply_node_platform'),
    { action: 'deploy_node', attempts: DEPLOY_ATTEMPTS },
    once(REPORT_ACTION),
  ],
  destroy_nodes: [once('destroy_node')],
  relabel_nodes: [once('relabel_node')],
};

const SITE_STAGES: Readonly<Record<string, readonly Action[]>> = {
  verify_site: ['validate_node_services'],
  prepare_site: ['create_network_template', 'configure_user_credentials', 'configure_node_provisioner'],
};

function once(action: string): Stage {
  return { action: action as Action, attempts: 1 };
}

/** Is it made of parts, or done itself? */
export function hasParts(action: string): boolean {
  return action in NODE_STAGES || action in SITE_STAGES || action === 'verify_nodes';
}

/** Whose successes are those of the whole: the last stage's. None: those of every part. */
export function countedAction({ action, nodeNames }: FlowTask): string | undefined {
  if (action === 'prepare_nodes' && nodeNames.length > 1) return action;
  const stages = NODE_STAGES[action];
  return stages?.[stages.length - 1]?.action;
}

/** `ended`: all its parts so far, in their order. To be asked when none of them is at work. */
export function nextOf(task: FlowTask, ended: readonly PartResult[]): Next {
  if (task.action in SITE_STAGES) return nextOfSite(SITE_STAGES[task.action]!, ended);
  if (task.nodeNames.length === 0) return { next: 'end', result: { ...NOTHING_YET, status: 'success' } };
  if (task.action === 'verify_nodes') return nextOfGroups(task, ended);
  // Each node goes its own way, however slow the others are.
  if (task.action === 'prepare_nodes' && task.nodeNames.length > 1) return nextOfSplit(task, ended);
  return nextOfStages(task, NODE_STAGES[task.action] ?? [], ended);
}

function nextOfSite(actions: readonly Action[], ended: readonly PartResult[]): Next {
  const action = actions[ended.length];
  if (action === undefined) return { next: 'end', result: settled(NOTHING_YET, ended) };
  return { next: 'start', parts: [{ action, nodeNames: [], retry: 0 }] };
}

function nextOfGroups(task: FlowTask, ended: readonly PartResult[]): Next {
  if (ended.length > 0) return { next: 'end', result: settled(NOTHING_YET, ended) };
  const groups = task.groups ?? [task.nodeNames];
  return { next: 'start', parts: groups.map((nodeNames) => ({ action: 'interrogate_oob', nodeNames, retry: 0 })) };
}

function nextOfSplit(task: FlowTask, ended: readonly PartResult[]): Next {
  if (ended.length > 0) return { next: 'end', result: settled(NOTHING_YET, ended) };
  return {
    next: 'start',
    parts: task.nodeNames.map((name) => ({ action: 'prepare_nodes', nodeNames: [name], retry: 0 })),
  };
}

function nextOfStages(task: FlowTask, stages: readonly Stage[], ended: readonly PartResult[]): Next {
  let nodeNames = task.nodeNames;
  let at = 0;
  for (const stage of stages) {
    const attempts = attemptsFrom(ended, at, stage);
    at += attempts.length;
    const failed = attempts.length === 0 ? nodeNames : inOrder(nodeNames, attempts[attempts.length - 1]!.failures);
    if (failed.length > 0 && attempts.length < stage.attempts) {
      return { next: 'start', parts: [{ action: stage.action, nodeNames: failed, retry: attempts.length }] };
    }
    nodeNames = inOrder(
      nodeNames,
      attempts.flatMap(({ successes }) => successes),
    );
    if (nodeNames.length === 0) break;
  }
  return { next: 'end', result: settled(NOTHING_YET, ended, countedAction(task)) };
}

/** A stage's attempts follow one another, and no two stages that do have the same action. */
function attemptsFrom(ended: readonly PartResult[], from: number, { action, attempts }: Stage): PartResult[] {
  const found: PartResult[] = [];
  for (const part of ended.slice(from, from + attempts)) {
    if (part.action !== action) break;
    found.push(part);
  }
  return found;
}

function inOrder(names: readonly string[], chosen: readonly string[]): string[] {
  const set = new Set(chosen);
  return names.filter((name) => set.has(name));
}
