import { Injectable, type OnModuleInit } from '@nestjs/common';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import type { EntityManager } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import { invalidFields, readFields } from '../../common/fields/read-fields.js';
import type { Sql } from '../../orchestration/sql.js';
import {
  type ActionRequest,
  type DelegatedAction,
  type DelegatedOutcome,
  type Target,
  type TargetKind,
  TargetKinds,
  type TargetPage,
} from '../../orchestration/targets/target-kinds.js';
import { DRYDOCK } from '../engine/drydock-job.js';
import { isEnded, rootOfBatch } from '../engine/task-rows.js';
import { refProblem } from '../locations/location.js';
import type { RootAction } from '../tasks/actions.js';
import { hasPassword } from '../tasks/design-login.js';
import { TasksService } from '../tasks/tasks.service.js';
import { DrydockPolicy } from '../wire/drydock-policy.js';

/** Where the design is that the nodes are in. */
class DesignParameters {
  @IsString()
  @IsNotEmpty()
  @MaxLength(2048)
  design_ref: string;
}

const DESIGN_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['design_ref'],
  properties: {
    design_ref: {
      type: 'string',
      description: 'The address of the design; one with a password is refused, since a batch keeps what it was told',
    },
  },
} as const;

const SUMMARIES = {
  verify_nodes: 'Ask the node’s controller whether it can be worked with',
  prepare_nodes: 'Identify, boot and commission the node',
  deploy_nodes: 'Deploy the node as its design says, and wait for its boot actions',
  destroy_nodes: 'Release the node; what it held is gone',
  relabel_nodes: 'Give the node the labels of its design',
} as const satisfies Partial<Record<RootAction, string>>;
type NodesAction = keyof typeof SUMMARIES;

const COLUMNS = 'hostname as id, hostname as label, rack as site, tags, null::text as version, status_name as state';

/** Drydock's nodes as the fleet sees them: their rack is where they are. Each of its tasks is about one of them. */
@Injectable()
export class SiteNodeTargets implements TargetKind, OnModuleInit {
  readonly kind = 'drydock-node';
  readonly dialect = DRYDOCK;
  readonly idType = 'text';
  readonly jobTargetKinds = ['drydock-task'];
  readonly actions = Object.fromEntries(
    Object.keys(SUMMARIES).map((action) => [action, this.actionOf(action as NodesAction)]),
  );

  constructor(
    private readonly kinds: TargetKinds,
    private readonly tasks: TasksService,
    private readonly policy: DrydockPolicy,
  ) {}

  onModuleInit(): void {
    this.kinds.register(this);
  }

  async list(sql: Sql, { after, limit, filter }: TargetPage): Promise<Target[]> {
    const rows = await sql.query<Omit<Target, 'kind'>[]>(
      `select ${COLUMNS} from drydock_nodes
       where ($1::text is null or hostname > $1) and ($2::text is null or rack = $2)
         and ($3::text is null or tags ? $3) and ($4::text is null or status_name = $4)
         and ($5::text is null or strpos(lower(hostname), lower($5)) > 0)
       order by hostname limit $6`,
      [after, filter.site ?? null, filter.tag ?? null, filter.state ?? null, filter.text ?? null, limit],
    );
    return rows.map((row) => ({ kind: this.kind, ...row }));
  }

  async find(sql: Sql, ids: readonly string[]): Promise<Target[]> {
    const storable = ids.filter((id) => !id.includes('\0'));
    const rows = await sql.query<Omit<Target, 'kind'>[]>(
      `select ${COLUMNS} from drydock_nodes where hostname = any($1::text[])`,
      [storable],
    );
    return rows.map((row) => ({ kind: this.kind, ...row }));
  }

  private actionOf(action: NodesAction): DelegatedAction {
    return {
      mode: 'delegated',
      summary: SUMMARIES[action],
      schema: DESIGN_SCHEMA,
      parse: parameters,
      // It takes the same rules as `POST /tasks`, for all of the nodes or none.
      refuse: (_sql, principal) => {
        this.assertMay(principal, action);
        return Promise.resolve([]);
      },
      start: (tx, principal, { id }, request) => this.start(tx, principal, action, id, request),
      outcome,
      stop: (tx, batchId, by) => this.tasks.terminateWithin(tx, batchId, by),
    };
  }

  private assertMay(principal: Principal, action: NodesAction): void {
    this.policy.assert(principal, 'create_task');
    this.policy.assert(principal, action);
  }

  /** The rules are those of the day it starts on. */
  private async start(
    tx: EntityManager,
    principal: Principal,
    action: NodesAction,
    hostname: string,
    request: ActionRequest,
  ): Promise<string> {
    this.assertMay(principal, action);
    const { design_ref: designRef } = request as unknown as DesignParameters;
    const { batchId } = await this.tasks.submitWithin(
      tx,
      { action, designRef, nodeFilter: filterFor(hostname) },
      principal,
    );
    return batchId;
  }
}

function parameters(request: ActionRequest): ActionRequest {
  const { design_ref } = readFields(DesignParameters, request);
  const problem = hasPassword(design_ref) ? 'a batch keeps what it was told, so no password' : refProblem(design_ref);
  if (problem !== null) throw invalidFields([{ pointer: '/design_ref', detail: problem }]);
  return { design_ref };
}

function filterFor(hostname: string): Readonly<Record<string, unknown>> {
  const filter = { filter_type: 'intersection', node_names: [hostname] };
  return { filter_set_type: 'intersection', filter_set: [filter] };
}

/**
 * The task's own result: a node whose second attempt succeeded has succeeded, and a design without the node, which is a
 * success of the task, is none of the node.
 */
async function outcome(sql: Sql, batchId: string): Promise<DelegatedOutcome | null> {
  const task = await rootOfBatch(sql, batchId);
  if (!task || !isEnded(task)) return null;
  const { status, resultStatus, resultMessage, nodeNames } = task;
  if (status === 'terminated') return { status: 'cancelled', reason: resultMessage };
  if (resultStatus !== 'success') return { status: 'failed', reason: resultMessage };
  if (nodeNames.length === 0) return { status: 'failed', reason: 'The design has no such node' };
  return { status: 'succeeded', reason: null };
}
