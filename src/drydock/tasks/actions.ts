import type { DrydockRule } from '../wire/drydock-rules.js';

/** What may be asked for by `POST /tasks` (spec drydock section 4.1); each has a rule of the same name. */
export const ROOT_ACTIONS = [
  'validate_design',
  'verify_site',
  'prepare_site',
  'verify_nodes',
  'prepare_nodes',
  'deploy_nodes',
  'destroy_nodes',
  'relabel_nodes',
] as const satisfies readonly DrydockRule[];
export type RootAction = (typeof ROOT_ACTIONS)[number];

/** Done on each node of the part by itself: a job per node. */
export const NODE_ACTIONS = [
  'interrogate_oob',
  'identify_node',
  'set_node_boot',
  'power_cycle_node',
  'configure_hardware',
  'apply_node_networking',
  'apply_node_storage',
  'apply_node_platform',
  'deploy_node',
  'destroy_node',
  'relabel_node',
] as const;
export type NodeAction = (typeof NODE_ACTIONS)[number];

/** Done once for the whole part: one job. */
export const SITE_ACTIONS = [
  'validate_node_services',
  'create_network_template',
  'configure_user_credentials',
  'configure_node_provisioner',
] as const;
export type SiteAction = (typeof SITE_ACTIONS)[number];

export const REPORT_ACTION = 'bootaction_report';

export type Action = RootAction | NodeAction | SiteAction | typeof REPORT_ACTION;

export function isRootAction(action: unknown): action is RootAction {
  return ROOT_ACTIONS.some((known) => known === action);
}

export function isNodeAction(action: string): action is NodeAction {
  return NODE_ACTIONS.some((known) => known === action);
}

export function isSiteAction(action: string): action is SiteAction {
  return SITE_ACTIONS.some((known) => known === action);
}

/** Those that work on nodes and take none for "nothing to do". */
export function needsNodes(action: RootAction): boolean {
  return action.endsWith('_nodes');
}
