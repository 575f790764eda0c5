import { IsBoolean, IsInt, IsString, Max, MaxLength, Min } from 'class-validator';
import { IfGiven } from '../../common/fields/if-given.js';
import type { TriggerWish } from './trigger-wish.js';

/** What may be asked of every device of a batch; the words are those of the Upgrade API's trigger. Null is refused. */
export class UpgradeParameters {
  /** The golden image of each device where it is not given. */
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(2_147_483_647)
  image_id?: number;

  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(2_147_483_647)
  workflow_id?: number;

  @IfGiven()
  @IsBoolean()
  auto_select_image?: boolean;

  @IfGiven()
  @IsBoolean()
  activate_after_distribute?: boolean;

  @IfGiven()
  @IsBoolean()
  cleanup_flash?: boolean;

  @IfGiven()
  @IsBoolean()
  force?: boolean;

  @IfGiven()
  @IsBoolean()
  allow_downgrade?: boolean;

  @IfGiven()
  @IsString()
  @MaxLength(1000)
  remarks?: string;
}

export const UPGRADE_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    image_id: { type: 'integer', minimum: 1, description: 'The golden image of each device where it is not given' },
    workflow_id: { type: 'integer', minimum: 1, description: 'The default workflow where it is not given' },
    auto_select_image: { type: 'boolean', default: true },
    activate_after_distribute: { type: 'boolean', default: true },
    cleanup_flash: { type: 'boolean', default: false },
    force: { type: 'boolean', default: false },
    allow_downgrade: { type: 'boolean', default: false },
    remarks: { type: 'string', maxLength: 1000 },
  },
} as const;

/** Modes, limits and times belong to the batch, not to what is done to each device. */
export function toTriggerWish(parameters: UpgradeParameters, deviceIds: readonly number[]): TriggerWish {
  return {
    devices: deviceIds,
    imageId: parameters.image_id ?? null,
    workflowId: parameters.workflow_id ?? null,
    mode: 'parallel',
    schedule: null,
    activate: parameters.activate_after_distribute ?? true,
    cleanupFlash: parameters.cleanup_flash ?? false,
    autoSelectImage: parameters.auto_select_image ?? true,
    remarks: parameters.remarks ?? '',
    deviceRemarks: {},
    maxParallel: null,
    onFailure: 'continue',
    force: parameters.force ?? false,
    allowDowngrade: parameters.allow_downgrade ?? false,
    dryRun: false,
  };
}
