import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { type AssetType, bootActionsFor, type Design, designNode } from '../designs/design.js';
import { DesignsService } from '../designs/designs.service.js';
import { DesignResolver } from '../locations/design-resolver.js';
import { KnownTemplates } from '../templates/known-templates.js';
import { TaskMessages } from '../tasks/task-messages.service.js';
import { failedRender, noBootKey, unknownBootNode, wrongBootKey } from '../wire/boot-errors.js';
import type { TarFile } from './archive/gnu-tar.js';
import { type ActionToRender, AssetFailure, renderAssets, type RenderMeans } from './assets/render-assets.js';
import { BootAddresses } from './boot-addresses.service.js';
import { isBootKey } from './boot-key.js';

/** What a node's key opens. */
interface OpenContext {
  readonly nodeName: string;
  readonly taskId: string;
  readonly keyHash: string;
  readonly designDigest: string;
  readonly isRevoked: boolean;
  readonly designRef: string;
  readonly actions: readonly { readonly id: string; readonly name: string }[];
}

/** For all assets of one download together; a node's script waits for it. */
const MOST_MILLISECONDS = 10_000;
const CONTEXT_TYPE = 'bootaction';

/**
 * What a booting node fetches (spec drydock section 2): rendered for each request from the design that was pinned when its
 * deployment began. Nothing rendered is kept, so no node can be given what was made for another.
 */
@Injectable()
export class BootDataService {
  private readonly known = new KnownTemplates();
  private readonly fetch: RenderMeans['fetch'] = (ref, options) => this.resolver.fetch(ref, options);

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly designs: DesignsService,
    private readonly resolver: DesignResolver,
    private readonly messages: TaskMessages,
    private readonly addresses: BootAddresses,
  ) {}

  /** The order of the refusals is part of the contract: unknown node, no key, wrong key. */
  async assets(
    hostname: string,
    key: string | undefined,
    type: Exclude<AssetType, 'pkg_list'>,
    signal: AbortSignal,
  ): Promise<TarFile[]> {
    const context = await this.find(hostname);
    if (!context) throw unknownBootNode(hostname);
    if (key === undefined || key === '') throw noBootKey();
    if (!isBootKey(key, context.keyHash) || context.isRevoked) throw wrongBootKey();
    const design = await this.designs.pinned(context.designDigest);
    return this.rendered(context, design, key.toLowerCase(), type, signal);
  }

  private async rendered(
    context: OpenContext,
    design: Design,
    key: string,
    type: Exclude<AssetType, 'pkg_list'>,
    signal: AbortSignal,
  ): Promise<TarFile[]> {
    const node = designNode(design, context.nodeName);
    if (!node) return [];
    const within = AbortSignal.any([signal, AbortSignal.timeout(MOST_MILLISECONDS)]);
    try {
      const actions = this.actionsOf(context, design, key);
      return await renderAssets(node, actions, type, { known: this.known, signal: within, fetch: this.fetch });
    } catch (error) {
      if (!(error instanceof AssetFailure)) throw error;
      // The node went away: that is no failure of the asset's.
      if (!signal.aborted) await this.noteFailure(context.taskId, error);
      throw failedRender(error.message);
    }
  }

  private actionsOf({ nodeName, actions, designRef }: OpenContext, design: Design, key: string): ActionToRender[] {
    const reportUrl = this.addresses.reportUrl();
    const ids = new Map(actions.map(({ id, name }) => [name, id]));
    return bootActionsFor(design, nodeName).flatMap((action) => {
      const actionId = ids.get(action.name);
      return actionId === undefined ? [] : [{ action, words: { actionId, key, reportUrl, designRef } }];
    });
  }

  private async find(hostname: string): Promise<OpenContext | undefined> {
    // No stored name has one, and PostgreSQL takes none.
    if (hostname.includes('\0')) return undefined;
    const [context] = await this.dataSource.query<OpenContext[]>(
      `select c.node_name as "nodeName", c.task_id as "taskId", c.key_hash as "keyHash",
         c.design_digest as "designDigest", c.revoked_at is not null as "isRevoked", t.design_ref as "designRef",
         (select coalesce(json_agg(json_build_object('id', a.action_id, 'name', a.action_name) order by a.ordinal), '[]')
            from drydock_boot_actions a where a.task_id = c.task_id and a.node_name = c.node_name) as actions
       from drydock_boot_contexts c join drydock_tasks t on t.id = c.task_id where c.node_name = $1`,
      [hostname],
    );
    return context;
  }

  /** Once for each failure: a node asks again and again. */
  private async noteFailure(taskId: string, { message, actionId }: AssetFailure): Promise<void> {
    await this.dataSource.transaction(async (tx) => {
      await tx.query(`select pg_advisory_xact_lock(hashtextextended('boot action ' || $1, 0))`, [actionId]);
      const known = await tx.query<unknown[]>(
        `select 1 from drydock_messages where task_id = $1 and context_type = $2 and context = $3 and error
           and left(message, 512) = left($4, 512) limit 1`,
        [taskId, CONTEXT_TYPE, actionId, message],
      );
      if (known.length > 0) return;
      const line = { message, error: true, contextType: CONTEXT_TYPE, context: actionId };
      await this.messages.append(tx, taskId, [line]);
    });
  }
}
