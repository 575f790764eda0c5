import type { KeyPath } from '../../../common/yaml/file-issue.js';
import type { SchemaIssue } from '../../../common/yaml/schema-issues.js';
import { expressionChecker } from '../expressions/check-expression.js';
import type { RawTemplate, RawWorkflow } from './raw-template.js';
import { COMMON_NAMES, type Report } from './check-context.js';
import { checkSteps } from './check-steps.js';
import { checkVariables } from './check-variables.js';

/** What the schema cannot see: who names whom, what goes round in circles, expressions (spec environments section 5.3). */
export function checkTemplate(raw: RawTemplate): SchemaIssue[] {
  const found: SchemaIssue[] = [];
  const report: Report = (path, message) => void found.push({ path, message });
  checkHeader(raw, report);
  for (const [name, source] of Object.entries(raw.dataSources ?? {})) {
    const kinds = [source.values, source.configItem, source.directory].filter((kind) => kind !== undefined);
    if (kinds.length !== 1) report(['dataSources', name], 'needs one of "values", "configItem" and "directory"');
    if (source.filter !== undefined && source.directory === undefined) {
      report(['dataSources', name, 'filter'], 'is only for a directory');
    }
  }
  for (const [name, workflow] of Object.entries(raw.workflows)) {
    const path = ['workflows', name];
    checkConditions(workflow, path, report);
    checkVariables(raw, workflow, path, report);
    checkSteps(workflow, path, report);
  }
  return found;
}

function checkHeader(raw: RawTemplate, report: Report): void {
  for (const key of ['createWorkflow', 'destroyWorkflow'] as const) {
    const workflow = Object.hasOwn(raw.workflows, raw[key]) ? raw.workflows[raw[key]] : undefined;
    if (!workflow) report([key], `there is no workflow "${raw[key]}"`);
    else if (workflow.readOnly === true) {
      report(['workflows', raw[key], 'readOnly'], `is not for the ${key}: it changes the environment`);
    }
  }
  if (raw.createWorkflow === raw.destroyWorkflow) report(['destroyWorkflow'], 'must not be the createWorkflow');
}

function checkConditions(workflow: RawWorkflow, path: KeyPath, report: Report): void {
  const check = expressionChecker({ vars: null, others: COMMON_NAMES });
  (workflow.require ?? []).forEach(({ when }, index) => {
    const problem = check(when, 'truth');
    if (problem !== null) report([...path, 'require', index, 'when'], problem);
  });
}
