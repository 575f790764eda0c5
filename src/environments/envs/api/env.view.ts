import { completedPart } from '../../engine/flow.js';
import type { EnvironmentAttribute, EnvironmentStatus } from '../../records/environment.entity.js';
import { link, linksOf, type Link } from '../../wire/genesis-links.js';
import { millis, optionalMillis } from '../../wire/genesis-time.js';
import type { EnvironmentDetails } from '../details.service.js';
import type { EnvironmentRow } from '../environment-rows.js';

/** The name of a configuration that is gone. */
const DELETED = '*deleted*';

/** What the caller may do with the environment. */
export interface EnvironmentRights {
  readonly read: boolean;
  readonly write: boolean;
  readonly reset: boolean;
}

interface EnvironmentFields {
  readonly name: string;
  readonly status: EnvironmentStatus;
  readonly projectId: number;
  readonly configuration: string;
  readonly creator: string;
  readonly creationTime: number;
  readonly modifiedBy?: string;
  readonly modificationTime?: number;
  readonly templateName: string;
  readonly templateVersion: string;
  readonly attributes: Readonly<Record<string, EnvironmentAttribute>>;
  readonly workflowCompleted?: number;
}

export interface EnvironmentView extends EnvironmentFields {
  readonly id: number;
  readonly links: readonly Link[];
}

export interface EnvironmentDetailsView extends EnvironmentFields {
  readonly envId: number;
  readonly configurationId?: number;
  readonly workflows: readonly { readonly name: string; readonly variables: readonly [] }[];
  readonly createWorkflowName: string;
  readonly destroyWorkflowName: string;
  readonly vms: readonly object[];
  readonly servers: readonly object[];
  readonly historyCount: number;
  readonly currentWorkflowFinishedActionsCount: number;
  readonly timeToLive?: number;
  readonly links: readonly Link[];
}

export function toEnvironmentView(row: EnvironmentRow, address: string): EnvironmentView {
  const self = link('self', pathOf(row, address), 'Environment');
  return { id: row.id, ...fieldsOf(row), links: linksOf([self]) };
}

export function toDetailsView(
  row: EnvironmentRow,
  details: EnvironmentDetails,
  rights: EnvironmentRights,
  address: string,
  now: Date,
): EnvironmentDetailsView {
  const { template, endsAt } = details;
  return {
    envId: row.id,
    ...fieldsOf(row),
    ...(row.configurationId !== null && { configurationId: row.configurationId }),
    workflows: template.workflows.map(({ name }) => ({ name, variables: [] })),
    createWorkflowName: template.createWorkflow,
    destroyWorkflowName: template.destroyWorkflow,
    // Machines that a template made itself; Slipway's templates borrow them from the pool.
    vms: [],
    servers: details.servers.map(({ role, instanceId, address: at, status }) => ({
      envName: row.name,
      roleName: role,
      instanceId,
      address: at ?? 'unknown',
      status,
    })),
    historyCount: details.workflowsRun,
    currentWorkflowFinishedActionsCount: details.actionsFinished,
    ...(endsAt !== null && { timeToLive: Math.max(0, endsAt.getTime() - now.getTime()) }),
    links: detailsLinks(row, rights, pathOf(row, address)),
  };
}

/** What is waiting to be pressed: by the status, and by what the caller may do (spec environments section 3.3). */
function detailsLinks({ status }: EnvironmentRow, { read, write, reset }: EnvironmentRights, path: string): Link[] {
  const mayMark = reset && (status === 'Ready' || status === 'Broken');
  return linksOf([
    link('self', path, 'EnvironmentDetails', { get: read, put: write, delete: write }),
    link('collection', `${path}/history`, 'WorkflowHistory', { get: read }),
    link('collection', `${path}/actions`, 'Action', { get: read }),
    link('collection', `${path}/workflows`, 'Workflow', { get: read }),
    link('collection', `${path}/jobs`, 'ScheduledJobDetails', { get: read }),
    // The dollar is a trace of the original's language that its web interface looks for (spec section 1.2).
    link('action', `${path}/actions/cancel`, 'CancelAction$', { post: write && status === 'Busy' }),
    link('action', `${path}/actions/reset`, 'ResetAction$', { post: reset && status === 'Broken' }),
    link('action', `${path}/actions/markDestroyed`, 'MarkDestroyedAction$', { post: mayMark }),
  ]);
}

/** `GET …/actions`: as the contract lists them. */
export function toActionViews({ status }: EnvironmentRow, { write, reset }: EnvironmentRights, path: string) {
  const name = status === 'Busy' ? 'cancel' : status === 'Broken' ? 'reset' : null;
  if (name === null) return [];
  const post = name === 'cancel' ? write : reset;
  return [{ name, links: linksOf([link('self', `${path}/${name}`, 'Action', { post })]) }];
}

export function pathOf({ projectId, id }: Pick<EnvironmentRow, 'projectId' | 'id'>, address: string): string {
  return `${address}/rest/projects/${projectId}/envs/${id}`;
}

function fieldsOf(row: EnvironmentRow): EnvironmentFields {
  const modificationTime = optionalMillis(row.modifiedAt);
  return {
    name: row.name,
    status: row.status,
    projectId: row.projectId,
    configuration: row.configuration ?? DELETED,
    creator: row.creator,
    creationTime: millis(row.createdAt),
    ...(row.modifiedBy !== null && { modifiedBy: row.modifiedBy }),
    ...(modificationTime !== undefined && { modificationTime }),
    templateName: row.templateName,
    templateVersion: row.templateVersion,
    attributes: row.attributes,
    ...(row.stepsTotal !== null && { workflowCompleted: completedPart(row.stepsFinished ?? 0, row.stepsTotal) }),
  };
}
