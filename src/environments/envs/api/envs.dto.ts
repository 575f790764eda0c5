import { given, isObject, required, textOf, wholeNumber, type JsonObject } from '../../wire/genesis-body.js';
import { isId } from '../../wire/genesis-id.pipe.js';
import { inputError, missing } from '../../wire/genesis-result.js';
import type { NewEnvironment } from '../environments.service.js';
import type { NewSchedule } from '../schedules.service.js';

export function toNewEnvironment(body: JsonObject): NewEnvironment {
  const name = required(body, 'envName');
  const templateName = textOf(required(body, 'templateName'));
  const templateVersion = textOf(required(body, 'templateVersion'));
  const minutes = given(body, 'timeToLive');
  return {
    name,
    templateName,
    templateVersion,
    variables: toVariables(given(body, 'variables')),
    configurationId: toConfigurationId(given(body, 'configId')),
    timeToLive: minutes === undefined ? null : (wholeNumber(minutes) ?? NaN),
  };
}

function toConfigurationId(value: unknown): number | null {
  if (value === undefined) return null;
  const id = wholeNumber(value);
  if (!isId(id)) throw missing("Configuration wasn't found");
  return id;
}

/** Values by the names of variables; null counts as absent. */
export function toVariables(value: unknown): Record<string, unknown> {
  if (value === undefined) return {};
  if (!isObject(value)) throw inputError('Invalid input');
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  if (entries.some(([, item]) => typeof item === 'object')) throw inputError('Invalid input');
  return Object.fromEntries(entries);
}

/** `{"environment": {"name": …}}` */
export function toNewName(body: JsonObject): unknown {
  const environment = required(body, 'environment');
  if (!isObject(environment)) throw inputError('Invalid input');
  return required(environment, 'name', 'environment.name');
}

/** `{"parameters": {"variables": {…}}}`; the variables may stand at the top as well, or be left out (spec environments section 2.1). */
export function toRunVariables(body: JsonObject): Record<string, unknown> {
  const parameters = given(body, 'parameters');
  if (parameters === undefined) return toVariables(given(body, 'variables'));
  if (!isObject(parameters)) throw inputError('Invalid input');
  return toVariables(given(parameters, 'variables'));
}

export type AskedAction =
  | { readonly action: 'cancel' | 'reset' | 'markDestroyed' }
  | { readonly action: 'execute'; readonly workflow: string; readonly variables: Record<string, unknown> };

/** The form that the web interface uses: the action is in the body. */
export function toAction(body: JsonObject): AskedAction {
  const action = required(body, 'action');
  if (action === 'execute') {
    const parameters = required(body, 'parameters');
    if (!isObject(parameters)) throw inputError('Invalid input');
    const workflow = textOf(required(parameters, 'workflow', 'parameters.workflow'));
    return { action, workflow, variables: toVariables(given(parameters, 'variables')) };
  }
  const name = toActionName(action === 'resetEnvStatus' ? 'reset' : action);
  if (name === null) throw inputError('Unknown action');
  return { action: name };
}

export function toActionName(name: unknown): 'cancel' | 'reset' | 'markDestroyed' | null {
  return name === 'cancel' || name === 'reset' || name === 'markDestroyed' ? name : null;
}

export function toMinutes(body: JsonObject): number {
  const minutes = wholeNumber(required(body, 'value'));
  if (minutes === undefined) throw inputError('Value should be numeric');
  return minutes;
}

export function toNewSchedule(body: JsonObject): NewSchedule {
  const workflow = textOf(required(body, 'workflow'));
  const date = wholeNumber(required(body, 'executionDate'));
  const recurrence = given(body, 'schedule');
  return {
    workflow,
    fireAt: new Date(date ?? NaN),
    recurrence: recurrence === undefined || recurrence === '' ? null : textOf(recurrence),
    variables: toVariables(given(body, 'parameters')),
  };
}
