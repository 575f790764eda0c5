import type { Json, JsonObject, VariableValue } from '../template.js';

/** What an expression may read (spec environments section 5.3). A name that is not here is an error, never an empty value. */
export interface Scope {
  readonly vars: Readonly<Record<string, VariableValue>>;
  readonly envConfig: JsonObject;
  readonly env?: JsonObject;
  readonly context?: JsonObject;
  readonly workflow?: JsonObject;
  /** In rescue steps: the title of the step that failed. */
  readonly failedStep?: string;
  /** In a variable's validators: what it was given. */
  readonly value?: VariableValue;
  /** What a step's kind adds, such as the `body` of an answer. */
  readonly [more: string]: Json | undefined;
}
