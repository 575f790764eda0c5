import type { KeyPath } from '../../../common/yaml/file-issue.js';
import { expressionChecker, type KnownNames } from '../expressions/check-expression.js';
import { partsOf } from '../expressions/placeholders.js';
import { isVerbatim, stepKindRules } from '../step-kinds.js';
import type { Json } from '../template.js';
import { COMMON_NAMES, type Report } from './check-context.js';
import { typesOf } from './check-variables.js';
import { placed, stepInCircle } from './phases.js';
import type { RawStep, RawWorkflow } from './raw-template.js';
import { settingsOf } from './to-template.js';

/** Whoever may use a template may read it. */
const SECRET_KEYS = ['password', 'privateKey'];

export function checkSteps(workflow: RawWorkflow, path: KeyPath, report: Report): void {
  const vars = typesOf(workflow);
  checkList(workflow.steps ?? [], { vars, others: COMMON_NAMES }, [...path, 'steps'], report);
  const others = { ...COMMON_NAMES, failedStep: 'string' };
  checkList(workflow.onError ?? [], { vars, others }, [...path, 'onError'], report);
}

function checkList(steps: readonly RawStep[], names: KnownNames, path: KeyPath, report: Report): void {
  const circle = stepInCircle(placed(steps));
  if (circle !== null)
    report([...path, circle], 'is in a phase that waits for itself: the phases go round in a circle');
  steps.forEach((step, index) => checkStep(step, names, [...path, index], report));
}

function checkStep(step: RawStep, names: KnownNames, path: KeyPath, report: Report): void {
  const rules = stepKindRules(step.kind);
  const check = expressionChecker(names);
  const checkResult = expressionChecker({ ...names, others: { ...names.others, ...rules.results } });
  const say = (place: KeyPath, problem: string | null): void => {
    if (problem !== null) report([...path, ...place], problem);
  };
  if (typeof step.skip === 'string') say(['skip'], check(step.skip, 'truth'));
  for (const [name, expression] of Object.entries(step.export ?? {})) {
    say(['export', name], checkResult(expression, 'value'));
  }
  for (const key of rules.conditions) {
    const condition = step[key];
    if (typeof condition === 'string') say([key], checkResult(condition, 'truth'));
  }
  if (step.title !== undefined) checkText(step.title, ['title'], check, say);
  for (const [key, value] of Object.entries(settingsOf(step))) {
    if (!isVerbatim(step.kind, key)) checkTexts(value, [key], check, say);
  }
  checkKind(step, say);
}

type Check = ReturnType<typeof expressionChecker>;
type Say = (place: KeyPath, problem: string | null) => void;

function checkTexts(value: Json, place: KeyPath, check: Check, say: Say): void {
  if (typeof value === 'string') checkText(value, place, check, say);
  else if (typeof value === 'object' && value !== null) {
    const isList = Array.isArray(value);
    for (const [key, item] of Object.entries(value)) {
      checkTexts(item as Json, [...place, isList ? Number(key) : key], check, say);
    }
  }
}

function checkText(text: string, place: KeyPath, check: Check, say: Say): void {
  const parts = partsOf(text);
  if (parts === null) return say(place, 'has a "${" that is not closed');
  for (const part of parts) {
    if ('expression' in part) say(place, check(part.expression, 'value'));
  }
}

/** What a kind asks for and a schema cannot say well. */
function checkKind(step: RawStep, say: Say): void {
  if (step.kind === 'ssh' && (step['host'] === undefined) === (step['role'] === undefined)) {
    say([], 'needs "host" or "role", and not both');
  }
  if (step.kind === 'http' && step['json'] !== undefined && step['body'] !== undefined) {
    say(['body'], 'cannot be given beside "json"');
  }
  for (const key of SECRET_KEYS) {
    const value = step[key];
    if (typeof value === 'string' && !value.startsWith('${')) {
      say([key], 'must be a placeholder, as in ${vars.password}: the file is shown to all who may use it');
    }
  }
}
