import type { Environment } from '@marcbachmann/cel-js';
import type { VariableType } from '../template.js';
import { ExpressionError } from './expression-error.js';
import { LONGEST_EXPRESSION, newEnvironment, restrain } from './language.js';

/** The names an expression may use at its place in a template. */
export interface KnownNames {
  /** The workflow's variables; null where they have no values yet. */
  readonly vars: Readonly<Record<string, VariableType>> | null;
  /** Other names, each with its type in CEL. */
  readonly others: Readonly<Record<string, string>>;
}

/** Numbers are those of JSON, and CEL would not compare its own two kinds of them when it knows the type: so it does not. */
const CEL_TYPES: Readonly<Record<VariableType, string>> = {
  String: 'string',
  Secret: 'string',
  Boolean: 'bool',
  Integer: 'dyn',
  Long: 'dyn',
  Double: 'dyn',
};

export function celType(type: VariableType): string {
  return CEL_TYPES[type];
}

/** Checks expressions of one place: what is wrong with one, as the end of a sentence that begins with it; null: nothing. */
export function expressionChecker(names: KnownNames): (expression: string, wants: 'truth' | 'value') => string | null {
  let environment: Environment | undefined;
  return (expression, wants) => {
    environment ??= environmentOf(names);
    if (expression.length > LONGEST_EXPRESSION) return `is longer than ${LONGEST_EXPRESSION} characters`;
    try {
      const { ast, check } = environment.parse(expression);
      restrain(ast);
      const { valid, type, error } = check();
      if (!valid) return `is not a valid expression: ${error?.summary ?? 'it cannot be understood'}`;
      return wants === 'truth' && type !== 'bool' && type !== 'dyn' ? 'must be a condition: true or false' : null;
    } catch (error) {
      if (error instanceof ExpressionError) return error.message;
      const summary: unknown = error instanceof Error && 'summary' in error ? error.summary : undefined;
      return `is not a valid expression: ${typeof summary === 'string' ? summary : 'it cannot be understood'}`;
    }
  };
}

function environmentOf({ vars, others }: KnownNames): Environment {
  const environment = newEnvironment(false);
  for (const [name, type] of Object.entries(others)) environment.registerVariable(name, type);
  if (vars !== null) {
    const schema = Object.fromEntries(Object.entries(vars).map(([name, type]) => [name, CEL_TYPES[type]]));
    environment.registerVariable({ name: 'vars', schema });
  }
  return environment;
}
