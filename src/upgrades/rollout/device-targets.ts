import { Injectable, type OnModuleInit } from '@nestjs/common';
import { readFields } from '../../common/fields/read-fields.js';
import type { Sql } from '../../orchestration/sql.js';
import {
  type ActionRequest,
  type DirectAction,
  type PlannedTargets,
  type Target,
  type TargetKind,
  TargetKinds,
  type TargetPage,
} from '../../orchestration/targets/target-kinds.js';
import { readReferences } from '../inventory/device-references.js';
import { TriggerLookups } from './trigger-lookups.service.js';
import { planTrigger } from './trigger-plan.js';
import { UPGRADE } from './trigger.service.js';
import { toTriggerWish, UPGRADE_SCHEMA, UpgradeParameters } from './upgrade-parameters.js';

const DEVICES = `select d.id::text as id, d.hostname as label, s.name as site, d.tags, d.version, d.reachability as state
  from devices d left join sites s on s.id = d.site_id`;

type DeviceTarget = Omit<Target, 'kind'>;

/** Devices as the fleet sees them: found by id or hostname, and upgraded by jobs of this dialect's own kind. */
@Injectable()
export class DeviceTargets implements TargetKind, OnModuleInit {
  readonly kind = 'device';
  readonly dialect = 'upgrade';
  readonly actions: Readonly<Record<string, DirectAction>>;

  constructor(
    private readonly kinds: TargetKinds,
    private readonly lookups: TriggerLookups,
  ) {
    this.actions = {
      upgrade: {
        mode: 'direct',
        jobKind: UPGRADE,
        summary: 'Bring devices to an image: check, copy, activate, check again',
        schema: UPGRADE_SCHEMA,
        parse: (request) => ({ ...readFields(UpgradeParameters, request) }),
        plan: (_sql, _principal, targets, request) => this.plan(targets, request),
      },
    };
  }

  onModuleInit(): void {
    this.kinds.register(this);
  }

  async list(sql: Sql, { after, limit, filter }: TargetPage): Promise<Target[]> {
    const rows = await sql.query<DeviceTarget[]>(
      `${DEVICES} where d.id > $1 and ($2::text is null or s.name = $2) and ($3::text is null or d.tags ? $3)
         and ($4::text is null or d.reachability = $4) and ($5::text is null or strpos(lower(d.hostname), lower($5)) > 0)
       order by d.id limit $6`,
      [Number(after ?? 0), filter.site, filter.tag, filter.state, filter.text, limit],
    );
    return rows.map(toTarget);
  }

  async find(sql: Sql, names: readonly string[]): Promise<Target[]> {
    const { ids, hostnames } = readReferences(names);
    const rows = await sql.query<DeviceTarget[]>(
      `${DEVICES} where d.id = any($1::integer[]) or d.hostname = any($2::text[])`,
      [ids, hostnames],
    );
    return rows.map(toTarget);
  }

  private async plan(targets: readonly Target[], request: ActionRequest): Promise<PlannedTargets> {
    const wish = toTriggerWish(
      request as UpgradeParameters,
      targets.map(({ id }) => Number(id)),
    );
    const plans = planTrigger(wish, await this.lookups.read(wish));
    return {
      jobs: plans.flatMap((plan) => ('job' in plan ? [plan.job] : [])),
      refused: plans.flatMap((plan) => {
        if (!('refusal' in plan)) return [];
        const { error, message } = plan.refusal;
        return [{ id: String(plan.device.id), code: codeOf(error), message }];
      }),
    };
  }
}

function toTarget(row: DeviceTarget): Target {
  return { kind: 'device', ...row };
}

/** `No image configured` is `no_image_configured`. */
function codeOf(title: string): string {
  return title.toLowerCase().replaceAll(/[^a-z]+/g, '_');
}
