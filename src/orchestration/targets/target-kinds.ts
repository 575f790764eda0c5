import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import { NotFound } from '../../common/errors.js';
import type { JobSpec } from '../batches.service.js';
import type { Sql } from '../sql.js';

/** A thing work is done on, as any dialect can say it. */
export interface Target {
  /** `device`, `cluster`, `node`, …: the registered kind. */
  readonly kind: string;
  /** As text, whatever the dialect's own id is. */
  readonly id: string;
  readonly label: string;
  readonly site: string | null;
  readonly tags: readonly string[];
  readonly version: string | null;
  /** A word of the dialect's. */
  readonly state: string | null;
}

export interface TargetFilter {
  readonly site?: string;
  readonly tag?: string;
  readonly state?: string;
  /** Part of the label, whatever its case. */
  readonly text?: string;
}

export interface TargetPage {
  /** The id of the last target of the page before; null: the first page. */
  readonly after: string | null;
  readonly limit: number;
  readonly filter: TargetFilter;
}

/** What is asked of each target, in the action's own words. */
export type ActionRequest = Readonly<Record<string, unknown>>;

export interface RefusedTarget {
  readonly id: string;
  readonly code: string;
  readonly message: string;
}

export interface PlannedTargets {
  /** At most one for each target, in the order of the targets. `targetId` says which. */
  readonly jobs: readonly JobSpec[];
  readonly refused: readonly RefusedTarget[];
}

interface AnyAction {
  /** One sentence for people. */
  readonly summary: string;
  /** JSON Schema of the request, for the documentation; `parse` is what decides. */
  readonly schema: Readonly<Record<string, unknown>>;
  /** The request with its defaults, or throws `Invalid` (details `issues: [{path, message}]`). Unknown fields are refused. */
  parse(request: ActionRequest): ActionRequest;
  /**
   * For requests that are kept before anything is made of them, and may lack what is said later: throws `Invalid` where one
   * holds a secret. A kept request is stored in clear, and shown.
   */
  refuseSecrets?(sql: Sql, request: ActionRequest): Promise<void>;
}

/** The batch's own jobs do the work: they are of this job kind. */
export interface DirectAction extends AnyAction {
  readonly mode: 'direct';
  readonly jobKind: string;
  /** Reads only, so that a preview can ask it as well. `targets` exist; throws a `DomainError` for a wrong request. */
  plan(sql: Sql, principal: Principal, targets: readonly Target[], request: ActionRequest): Promise<PlannedTargets>;
}

/** The dialect's own service makes a batch of its own for each target, and the fleet's job follows it to its end. */
export interface DelegatedAction extends AnyAction {
  readonly mode: 'delegated';
  /** Reads only: which of the targets could not be started as things are. Without it all can. */
  refuse?(
    sql: Sql,
    principal: Principal,
    targets: readonly Target[],
    request: ActionRequest,
  ): Promise<readonly RefusedTarget[]>;
  /**
   * In one transaction with the record that it was started, so exactly once. Returns the id of the batch to follow; a
   * thrown `DomainError` fails the target with its message.
   */
  start(tx: EntityManager, principal: Principal, target: Target, request: ActionRequest): Promise<string>;
  /**
   * What became of the work, for a dialect whose own records say more than the batch they were done in: one that tries
   * again by itself succeeds with a job that failed. Asked when the batch has ended; null: as the batch says.
   */
  outcome?(sql: Sql, batchId: string): Promise<DelegatedOutcome | null>;
  /** Asks what was started to stop; without it its jobs are asked. Of work that has ended it is no error. */
  stop?(tx: EntityManager, batchId: string, by: string): Promise<void>;
}

export interface DelegatedOutcome {
  readonly status: 'succeeded' | 'failed' | 'cancelled';
  /** Why it did not succeed. */
  readonly reason: string | null;
}

export type TargetAction = DirectAction | DelegatedAction;

export interface TargetKind {
  /** Unique over all dialects. */
  readonly kind: string;
  readonly dialect: string;
  /** What its ids are, and so the order of its list; numbers unless stated. */
  readonly idType?: 'integer' | 'text';
  /** What else its dialect's jobs are on: parts of a target that nobody asks for by themselves. */
  readonly jobTargetKinds?: readonly string[];
  /** One page by keyset, in the order of the ids; never counts. May return `limit` targets at most. */
  list(sql: Sql, page: TargetPage): Promise<Target[]>;
  /** Those that exist, in any order. Ids that are not even of the right form are simply not found. */
  find(sql: Sql, ids: readonly string[]): Promise<Target[]>;
  /** By name: `upgrade`, `deploy`, `delete`, … */
  readonly actions: Readonly<Record<string, TargetAction>>;
}

/** Who knows which kind of target. Dialects register when their module starts. */
@Injectable()
export class TargetKinds {
  private readonly kinds = new Map<string, TargetKind>();

  register(kind: TargetKind): void {
    if (this.kinds.has(kind.kind)) throw new Error(`The target kind ${kind.kind} is registered twice`);
    this.kinds.set(kind.kind, kind);
  }

  all(): TargetKind[] {
    return [...this.kinds.values()].sort((a, b) => a.kind.localeCompare(b.kind));
  }

  /** Whose work there can be. */
  dialects(): string[] {
    return [...new Set(this.all().map(({ dialect }) => dialect))].sort();
  }

  get(kind: string): TargetKind {
    const found = this.kinds.get(kind);
    if (!found)
      throw new NotFound(`There are no targets of kind ${kind}, but of ${[...this.kinds.keys()].sort().join(', ')}`);
    return found;
  }

  action(kind: string, name: string): TargetAction {
    const { actions } = this.get(kind);
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (!action) throw new NotFound(`Targets of kind ${kind} have no action ${name}`);
    return action;
  }
}
