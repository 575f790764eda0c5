import { Injectable } from '@nestjs/common';
import { readFields } from '../../common/fields/read-fields.js';
import {
  type ActionRequest,
  type DirectAction,
  type PlannedTargets,
  type Target,
  TargetKinds,
} from '../../orchestration/targets/target-kinds.js';
import { RowTargets, type TargetRows } from '../../orchestration/targets/target-rows.js';
import { TriggerLookups } from './trigger-lookups.service.js';
import { planTrigger } from './trigger-plan.js';
import { UPGRADE } from './trigger.service.js';
import { toTriggerWish, UPGRADE_SCHEMA, UpgradeParameters } from './upgrade-parameters.js';

const DEVICES: TargetRows = {
  kind: 'device',
  select: `select d.id as key, d.hostname as label, s.name as site, d.tags, d.version, d.reachability as state
    from devices d left join sites s on s.id = d.site_id`,
};

/** Devices as the fleet sees them: found by id or hostname, and upgraded by jobs of this dialect's own kind. */
@Injectable()
export class DeviceTargets extends RowTargets {
  readonly dialect = 'upgrade';
  readonly actions: Readonly<Record<string, DirectAction>>;

  constructor(
    kinds: TargetKinds,
    private readonly lookups: TriggerLookups,
  ) {
    super(kinds, DEVICES);
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

/** `No image configured` is `no_image_configured`. */
function codeOf(title: string): string {
  return title.toLowerCase().replaceAll(/[^a-z]+/g, '_');
}
