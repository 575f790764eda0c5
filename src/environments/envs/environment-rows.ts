import type { EntityManager } from 'typeorm';
import type { EnvironmentAttribute, EnvironmentStatus } from '../records/environment.entity.js';

/** An environment as lists show it: without its template and its context, which may be large. */
export interface EnvironmentRow {
  readonly id: number;
  readonly name: string;
  readonly status: EnvironmentStatus;
  readonly projectId: number;
  readonly configurationId: number | null;
  /** Its configuration's name; null where that is gone. */
  readonly configuration: string | null;
  readonly creator: string;
  readonly createdAt: Date;
  readonly modifiedBy: string | null;
  readonly modifiedAt: Date | null;
  readonly templateName: string;
  readonly templateVersion: string;
  readonly attributes: Readonly<Record<string, EnvironmentAttribute>>;
  /** Of the workflow that runs; null where none does. */
  readonly stepsFinished: number | null;
  readonly stepsTotal: number | null;
}

const COLUMNS = `
  e.id, e.name, e.status, e.project_id as "projectId", e.configuration_id as "configurationId",
  c.name as configuration, e.creator, e.created_at as "createdAt", e.modified_by as "modifiedBy",
  e.modified_at as "modifiedAt", e.template_name as "templateName", e.template_version as "templateVersion", e.attributes,
  w.steps_finished as "stepsFinished", w.steps_total as "stepsTotal"
  from environments e
  left join genesis_configurations c on c.id = e.configuration_id
  left join environment_workflows w on w.environment_id = e.id and w.status in ('Requested', 'Running')`;

/** By what a list can be sorted (spec environments section 2.1): the client's name to ours. */
const SORTED_BY = {
  id: 'e.id',
  name: 'e.name',
  status: 'e.status',
  creator: 'e.creator',
  creationTime: 'e.created_at',
  modificationTime: 'e.modified_at',
  modifiedBy: 'e.modified_by',
  templateName: 'e.template_name',
  templateVersion: 'e.template_version',
  configuration: 'c.name',
} as const;

export type SortField = keyof typeof SORTED_BY;

export function isSortField(text: string): text is SortField {
  return Object.hasOwn(SORTED_BY, text);
}

export interface EnvironmentOrder {
  readonly field: SortField;
  readonly descending: boolean;
}

/** `statuses`: null for all of them; none of them for an empty list. */
export function listEnvironments(
  tx: EntityManager,
  projectId: number,
  statuses: readonly EnvironmentStatus[] | null,
  { field, descending }: EnvironmentOrder,
): Promise<EnvironmentRow[]> {
  return tx.query<EnvironmentRow[]>(
    `select ${COLUMNS} where e.project_id = $1 and ($2::text[] is null or e.status = any($2))
     order by ${SORTED_BY[field]} ${descending ? 'desc' : 'asc'} nulls last, e.id`,
    [projectId, statuses],
  );
}

export async function findEnvironment(
  tx: EntityManager,
  projectId: number,
  id: number,
): Promise<EnvironmentRow | null> {
  const [row] = await tx.query<EnvironmentRow[]>(`select ${COLUMNS} where e.project_id = $1 and e.id = $2`, [
    projectId,
    id,
  ]);
  return row ?? null;
}
