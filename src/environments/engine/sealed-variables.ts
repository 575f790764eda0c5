import type { SecretBox } from '../../config/secret-box.js';
import { REDACTED } from '../../drivers/ssh/redact.js';
import type { VariableValue } from '../templates/template.js';

/** A workflow's variables as they are stored: of their types, the secret ones encrypted. */
export type SealedVariables = Readonly<Record<string, { readonly value: VariableValue } | { readonly sealed: string }>>;

export interface OpenVariables {
  readonly values: Readonly<Record<string, VariableValue>>;
  /** The clear texts that must not be shown. */
  readonly secrets: readonly string[];
  /** For what people see: secrets are masked. */
  readonly masked: Readonly<Record<string, VariableValue>>;
}

export function sealVariables(
  values: Readonly<Record<string, VariableValue>>,
  secretNames: readonly string[],
  box: SecretBox,
): SealedVariables {
  const secret = new Set(secretNames);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      secret.has(name) ? { sealed: box.encrypt(JSON.stringify(value)) } : { value },
    ]),
  );
}

export function openVariables(stored: SealedVariables, box: SecretBox): OpenVariables {
  const secrets: string[] = [];
  const values: [string, VariableValue][] = [];
  const masked: [string, VariableValue][] = [];
  for (const [name, variable] of Object.entries(stored)) {
    const isSecret = 'sealed' in variable;
    const value = isSecret ? (JSON.parse(box.decrypt(variable.sealed)) as VariableValue) : variable.value;
    if (isSecret && String(value) !== '') secrets.push(String(value));
    values.push([name, value]);
    masked.push([name, isSecret ? REDACTED : value]);
  }
  return { values: Object.fromEntries(values), secrets, masked: Object.fromEntries(masked) };
}
