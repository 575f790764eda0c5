import { ActionError } from '../../common/errors.js';
import { redactor } from '../../drivers/ssh/redact.js';
import { isShort, maskSecrets } from './mask-secrets.js';
import type { StepWork } from './step-work.js';

/** Takes the workflow's secrets out of a text, also those of several lines, which come one by one. */
export function masking({ secrets }: Pick<StepWork, 'secrets'>): (text: string) => string {
  const redact = redactor(secrets.flatMap((secret) => [secret, ...linesOf(secret), ...spellingsOf(secret)]));
  const short = secrets.filter(isShort);
  return (text) => maskSecrets(redact(text), short);
}

function linesOf(secret: string): string[] {
  return secret.includes('\n') ? secret.split(/\r?\n/) : [];
}

/** What becomes of it in a JSON text, in a form, and in the path and the query of a URL, where each escapes other characters. */
function spellingsOf(secret: string): string[] {
  const inUrl = ['http://host/', 'http://host/?'].map((before) => new URL(`${before}-${secret}-`).href);
  return [
    JSON.stringify(secret).slice(1, -1),
    new URLSearchParams({ '': secret }).toString().slice(1),
    ...inUrl.map((url) => url.slice(url.indexOf('-') + 1, -1)),
  ];
}

/** The step cannot be done as it is written: trying again is of no use. */
export function unfit(message: string): ActionError {
  return new ActionError(message, { code: 'step_unfit', retryable: false });
}

/** This try came to nothing; `retryCount` says whether there is another. */
export function failedTry(message: string): ActionError {
  return new ActionError(message, { code: 'step_failed', retryable: true });
}

/** A text of the step's own keys, or its default. */
export function textOf(work: StepWork, key: string): string | null {
  const value = work.definition.settings[key];
  if (value === undefined || value === null) return null;
  if (typeof value === 'object') throw unfit(`The step's ${key} is no text`);
  return String(value);
}

export function numberOf(work: StepWork, key: string, fallback: number): number {
  const text = textOf(work, key);
  if (text === null || text === '') return fallback;
  const value = Number(text);
  if (!Number.isFinite(value)) throw unfit(`The step's ${key} is no number`);
  return value;
}

export function textsOf(work: StepWork, key: string): readonly string[] {
  const value = work.definition.settings[key] ?? [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item) => {
    if (typeof item === 'object' || item === undefined)
      throw unfit(`The step's ${key} holds something that is no text`);
    return String(item);
  });
}

/** Name to text, as `env` and `headers` are. */
export function pairsOf(work: StepWork, key: string): Readonly<Record<string, string>> {
  const value = work.definition.settings[key] ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) throw unfit(`The step's ${key} is no list of names and texts`);
  const entries = Object.entries(value).map(([name, item]) => {
    if (typeof item === 'object') throw unfit(`The step's ${key} holds something that is no text`);
    return [name, String(item)] as const;
  });
  return Object.fromEntries(entries);
}

/** What a command gets of a workflow: its variables, what the step adds, and where it is (spec environments section 5.3). */
export function commandVariables(work: StepWork): Record<string, string> {
  const given = { ...work.variables, ...pairsOf(work, 'env') };
  const variables = Object.entries(given)
    .filter(([name]) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    .map(([name, value]) => [name, String(value)] as const);
  const withNul = variables.find(([, value]) => value.includes('\0'));
  if (withNul) throw unfit(`The variable ${withNul[0]} holds a NUL character, which no process can be given`);
  return {
    ...Object.fromEntries(variables),
    GENESIS_ENVIRONMENT: work.environment.name,
    GENESIS_ENVIRONMENT_ID: String(work.environment.id),
    GENESIS_WORKFLOW: work.workflow.name,
    GENESIS_STARTED_BY: work.workflow.startedBy,
  };
}
