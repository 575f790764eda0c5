import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ReadsOnly } from '../../auth/passport/access.decorators.js';

/** What a rule stands for: its name after `physical_provisioner:` (spec drydock section 1), ours last. */
export const DRYDOCK_RULES = [
  'read_data',
  'read_task',
  'read_build_data',
  'health_data',
  'validate_site_design',
  'create_task',
  'delete_tasks',
  'validate_design',
  'verify_site',
  'prepare_site',
  'verify_nodes',
  'prepare_nodes',
  'deploy_nodes',
  'destroy_nodes',
  'relabel_nodes',
  'terminate_task',
  'issue_boot_key',
] as const;
export type DrydockRule = (typeof DRYDOCK_RULES)[number];

/** They change nothing, by whatever method they are asked for: a token that may only read is enough. */
const READING: ReadonlySet<DrydockRule> = new Set([
  'read_data',
  'read_task',
  'read_build_data',
  'health_data',
  'validate_site_design',
]);

export const DRYDOCK_RULE = 'slipway:drydock-rule';

/** The rule of a route: `@TakesRule('read_task')`. A route of `@DrydockController` without one lets nobody in. */
export function TakesRule(rule: DrydockRule): MethodDecorator {
  const mark = SetMetadata(DRYDOCK_RULE, rule);
  return READING.has(rule) ? applyDecorators(mark, ReadsOnly()) : mark;
}
