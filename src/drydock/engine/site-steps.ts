import type { StepOutcome } from '../../orchestration/step-handler.js';
import type { Design } from '../designs/design.js';
import { readNodeFilter, selectNodes } from '../designs/node-filter.js';
import { isRootAction, needsNodes } from '../tasks/actions.js';
import { awaitedOf } from './boot-report.js';
import { NO_DRIVER } from './machine-steps.js';
import type { TaskWork, WorkHandler } from './task-work.js';

/** A look now and then besides being woken: a report that comes while the step looks wakes nobody. */
const LOOK_AGAIN_MS = 5_000;

/** The design is read once, and kept for all the parts; then it is known which nodes they are for. */
const open: WorkHandler = {
  async run({ subject, signal }): Promise<StepOutcome> {
    const loaded = await subject.loadDesign(signal);
    const { action, nodeFilter } = subject.task;
    const isSound = loaded.status === 'success' && loaded.design !== null;
    const names = isSound && loaded.design ? selectNodes(loaded.design, readNodeFilter(nodeFilter)) : [];
    await subject.records.opened(loaded, isSound ? loaded.design : null, names);
    if (!isSound || !loaded.design) return failed('Site design failed validation', 'Invalid design.');
    if (action === 'validate_design') return { outcome: 'success', message: 'Site design passed validation' };
    if (!isAnyDriven(subject, loaded.design, names)) return failed(NO_DRIVER, 'Bad Configuration.');
    return {
      outcome: 'success',
      ...(action === 'verify_nodes' && { result: { groups: groupsByOob(loaded.design, names) } }),
    };
  },
};

function failed(message: string, reason: string): StepOutcome {
  return { outcome: 'failed', message, result: { reason } };
}

function isAnyDriven({ task, isDriven }: TaskWork, design: Design, names: readonly string[]): boolean {
  if (!isRootAction(task.action) || !needsNodes(task.action)) return isDriven(null);
  const chosen = new Set(names);
  return names.length === 0 || design.nodes.some((node) => chosen.has(node.name) && isDriven(node));
}

function groupsByOob(design: Design, names: readonly string[]): string[][] {
  const chosen = new Set(names);
  const groups = new Map<string, string[]>();
  for (const { name, oob } of design.nodes) {
    if (!chosen.has(name)) continue;
    const type = oob.type ?? '';
    groups.set(type, [...(groups.get(type) ?? []), name]);
  }
  return [...groups.values()];
}

const SITE_WORDS: Readonly<Record<string, string>> = {
  validate_node_services: 'Node services are those of Slipway itself',
  create_network_template: 'Networks are taken from the design when a node is deployed',
  configure_user_credentials: 'Access keys are taken from the design when a node is deployed',
  configure_node_provisioner: 'The provisioner is part of Slipway',
};

/** What MAAS has to be told beforehand is read from the design here, when it is needed. */
const site: WorkHandler = {
  async run({ subject }) {
    if (!subject.isDriven(null)) return failed(NO_DRIVER, 'Bad Configuration.');
    return { outcome: 'success', message: SITE_WORDS[subject.task.action] ?? 'Nothing to do' };
  },
};

const report: WorkHandler = {
  async run({ subject, step, now }) {
    const awaited = awaitedOf(subject.reported);
    const end = Date.parse(step.startedAt ?? '') + Number(step.config['timeoutS']) * 1000;
    const left = end - now();
    if (awaited === 0) return { outcome: 'success', message: 'All boot actions have reported' };
    if (!(left > 0)) return { outcome: 'warning', message: `${awaited} boot actions did not report in time` };
    return { outcome: 'again', afterMs: Math.min(left, LOOK_AGAIN_MS), waitingFor: `${awaited} boot actions` };
  },
};

export const SITE_STEPS: Readonly<Record<string, WorkHandler>> = { open, site, report };
