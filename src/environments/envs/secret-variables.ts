import { Invalid } from '../../common/errors.js';
import type { Sql } from '../../orchestration/sql.js';
import type { Template, Workflow } from '../templates/template.js';

/** Batches and plans keep what they were told as it was said, and show it: a secret has no place there. */
export function assertNoSecret(given: Readonly<Record<string, unknown>>, secretNames: Iterable<string>): void {
  for (const name of secretNames) {
    if (!Object.hasOwn(given, name)) continue;
    throw new Invalid(`The variable ${name} is secret, and batches and plans keep what they were told.`, {
      code: 'secret_variable',
      variable: name,
    });
  }
}

export function secretNamesOf(workflow: Workflow): string[] {
  return workflow.variables.filter(({ type }) => type === 'Secret').map(({ name }) => name);
}

/**
 * What any template calls secret, of the folder's or of those environments were made from: a plan may be kept before its
 * environments are there. `workflow` where it is known which one is meant.
 */
export async function anySecretNames(
  sql: Sql,
  templates: readonly Template[],
  workflow: string | null,
): Promise<Set<string>> {
  const offered = templates.flatMap(({ workflows }) => workflows);
  const named = workflow === null ? offered : offered.filter(({ name }) => name === workflow);
  const used = await sql.query<{ name: string }[]>(
    `select distinct v ->> 'name' as name
     from genesis_used_templates t, jsonb_array_elements(t.template -> 'workflows') w,
       jsonb_array_elements(w -> 'variables') v
     where v ->> 'type' = 'Secret' and ($1::text is null or w ->> 'name' = $1)`,
    [workflow],
  );
  return new Set([...named.flatMap(secretNamesOf), ...used.map(({ name }) => name)]);
}
