import type { KeyPath } from '../../../common/yaml/file-issue.js';
import { celType, expressionChecker } from '../expressions/check-expression.js';
import type { VariableType } from '../template.js';
import { convert } from '../variable-value.js';
import { COMMON_NAMES, type Report } from './check-context.js';
import type { RawTemplate, RawVariable, RawWorkflow } from './raw-template.js';
import { toChoices } from './to-template.js';

/** Variables arrive in a shell under their own names: these mean something to it, or to the loader of its programs. */
const RESERVED =
  /^(PATH|IFS|ENV|HOME|PWD|OLDPWD|SHELL|USER|LOGNAME|TMPDIR|LANG|LC_.*|PS\d|BASH.*|SHELLOPTS|CDPATH|LD_.*|DYLD_.*|NODE_.*|PYTHON.*|PERL.*|GENESIS_.*|SLIPWAY_.*)$/;

export function typesOf(workflow: RawWorkflow): Readonly<Record<string, VariableType>> {
  return Object.fromEntries((workflow.variables ?? []).map(({ name, type }) => [name, type ?? 'String']));
}

export function checkVariables(template: RawTemplate, workflow: RawWorkflow, path: KeyPath, report: Report): void {
  const variables = workflow.variables ?? [];
  const types = typesOf(workflow);
  const seen = new Set<string>();
  variables.forEach((variable, index) => {
    const place = [...path, 'variables', index];
    if (seen.has(variable.name)) report([...place, 'name'], `there is another "${variable.name}"`);
    seen.add(variable.name);
    if (RESERVED.test(variable.name)) report([...place, 'name'], 'is a name with a meaning of its own in a shell');
    if (variable.group !== undefined && !Object.hasOwn(workflow.groups ?? {}, variable.group)) {
      report([...place, 'group'], `there is no group "${variable.group}"`);
    }
    checkChoices(template, variable, place, report);
    checkDefault(variable, place, report);
    checkParents(variables, variable, place, report);
    const others = { ...COMMON_NAMES, value: celType(variable.type ?? 'String') };
    const check = expressionChecker({ vars: types, others });
    (variable.validate ?? []).forEach(({ when }, each) => {
      const problem = check(when, 'truth');
      if (problem !== null) report([...place, 'validate', each, 'when'], problem);
    });
  });
}

function checkChoices(template: RawTemplate, variable: RawVariable, place: KeyPath, report: Report): void {
  const { values, valuesBy, source, dependsOn, type } = variable;
  const lists = [values, valuesBy, source].filter((list) => list !== undefined);
  if (lists.length > 1) report(place, 'has more than one of "values", "valuesBy" and "source"');
  if (lists.length > 0 && type === 'Secret') report(place, 'is a secret, which has no list of values');
  if (valuesBy !== undefined && dependsOn?.length !== 1) {
    report([...place, 'valuesBy'], 'needs "dependsOn" with the one variable it goes by');
  }
  if (source !== undefined && !Object.hasOwn(template.dataSources ?? {}, source)) {
    report([...place, 'source'], `there is no data source "${source}"`);
  }
  for (const [key, list] of [['values', values] as const, ...nested(valuesBy)]) {
    for (const [value] of toChoices(list ?? [])) {
      const isOfType = value !== '' && convert(value, type ?? 'String') !== null;
      if (!isOfType) report([...place, ...key.split('\n')], `has a value that is not of the type ${type ?? 'String'}`);
    }
  }
}

function nested(valuesBy: RawVariable['valuesBy']): (readonly [string, RawVariable['values']])[] {
  return Object.entries(valuesBy ?? {}).map(([key, list]) => [`valuesBy\n${key}`, list] as const);
}

function checkDefault({ default: given, type = 'String', values }: RawVariable, place: KeyPath, report: Report): void {
  if (given === undefined || given === '') return;
  if (type === 'Secret') report([...place, 'default'], 'a secret has none: the file is shown to all who may use it');
  else if (convert(given, type) === null) report([...place, 'default'], `is not of the type ${type}`);
  else if (values !== undefined && !toChoices(values).some(([value]) => isSame(value, given, type))) {
    report([...place, 'default'], 'is not one of the values');
  }
}

function isSame(one: string, other: string, type: VariableType): boolean {
  return convert(one, type) === convert(other, type);
}

function checkParents(variables: readonly RawVariable[], variable: RawVariable, place: KeyPath, report: Report): void {
  (variable.dependsOn ?? []).forEach((parent, index) => {
    if (!variables.some(({ name }) => name === parent)) {
      report([...place, 'dependsOn', index], `there is no variable "${parent}"`);
    }
  });
  const parentsOf = (name: string): readonly string[] => variables.find((each) => each.name === name)?.dependsOn ?? [];
  const ancestors = new Set<string>();
  const open = [...(variable.dependsOn ?? [])];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (ancestors.has(name)) continue;
    ancestors.add(name);
    open.push(...parentsOf(name));
  }
  if (ancestors.has(variable.name)) report([...place, 'dependsOn'], 'goes round in a circle');
}
