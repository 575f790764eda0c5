import { Injectable, type OnModuleInit } from '@nestjs/common';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import type { EntityManager } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { readFields } from '../../common/fields/read-fields.js';
import type { Sql } from '../../orchestration/sql.js';
import { NO_PARAMETERS } from '../../orchestration/targets/no-parameters.js';
import {
  type DelegatedAction,
  type Target,
  type TargetKind,
  TargetKinds,
  type TargetPage,
} from '../../orchestration/targets/target-kinds.js';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { NodepoolWork } from '../nodepool-work.js';

/** Which provider an image is to be brought to. */
class ProviderParameters {
  @IsString()
  @IsNotEmpty()
  @MaxLength(255)
  provider: string;
}

const PROVIDER_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['provider'],
  properties: { provider: { type: 'string', description: 'A provider’s name in the pool’s config' } },
} as const;

/** The disk images of the pool's config as the fleet sees them: by their names, whether they were built yet or not. */
@Injectable()
export class DiskImageTargets implements TargetKind, OnModuleInit {
  readonly kind = 'disk-image';
  readonly dialect = 'nodepool';
  readonly idType = 'text';
  /** What the jobs of builds and uploads are on. */
  readonly jobTargetKinds = ['dib-image', 'provider-image'];
  readonly actions: Readonly<Record<string, DelegatedAction>> = {
    build: {
      mode: 'delegated',
      summary: 'Build the disk image',
      ...NO_PARAMETERS,
      start: (tx, by, { id }) => this.recorded(tx, by, 'build', id, id, () => this.work.buildDib(tx, id, asker(by))),
    },
    upload: {
      mode: 'delegated',
      summary: 'Upload the newest build to a provider',
      schema: PROVIDER_SCHEMA,
      parse: (request) => ({ ...readFields(ProviderParameters, request) }),
      start: (tx, by, { id }, request) => {
        const { provider } = request as unknown as ProviderParameters;
        const what = `${id} to ${provider}`;
        return this.recorded(tx, by, 'upload', id, what, () => this.work.uploadDib(tx, id, provider, asker(by)));
      },
    },
  };

  constructor(
    private readonly kinds: TargetKinds,
    private readonly config: NodepoolConfigStore,
    private readonly work: NodepoolWork,
    private readonly audit: AuditService,
  ) {}

  onModuleInit(): void {
    this.kinds.register(this);
  }

  list(_sql: Sql, { after, limit, filter }: TargetPage): Promise<Target[]> {
    const text = filter.text?.toLowerCase();
    const found = this.all()
      .filter(({ id }) => (after === null || id > after) && (text === undefined || id.toLowerCase().includes(text)))
      // A name in a file is nowhere, has no tags and no state.
      .filter(() => filter.site === undefined && filter.tag === undefined && filter.state === undefined);
    return Promise.resolve(found.slice(0, limit));
  }

  find(_sql: Sql, ids: readonly string[]): Promise<Target[]> {
    const wanted = new Set(ids);
    return Promise.resolve(this.all().filter(({ id }) => wanted.has(id)));
  }

  private all(): Target[] {
    const names = this.config.current()?.diskimages.map(({ name }) => name) ?? [];
    // By code unit, as `>` compares them.
    return names.sort((a, b) => (a < b ? -1 : 1)).map(toTarget);
  }

  private async recorded(
    tx: EntityManager,
    by: Principal,
    action: string,
    id: string,
    what: string,
    start: () => Promise<string>,
  ): Promise<string> {
    const batchId = await start();
    await this.audit.record(tx, by, { action, objectType: 'dib-image', objectId: id, objectRepr: what });
    return batchId;
  }
}

function toTarget(name: string): Target {
  return { kind: 'disk-image', id: name, label: name, site: null, tags: [], version: null, state: null };
}

function asker({ userId, username }: Principal): { id: number | null; name: string } {
  return { id: userId, name: username };
}
