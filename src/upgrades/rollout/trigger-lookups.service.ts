import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import { NotFound } from '../../common/errors.js';
import { Config } from '../../config/config.js';
import { DriverRegistry } from '../../drivers/driver-registry.js';
import { invalidRequest } from '../drf/refusals.js';
import { GoldenLookupService } from '../images/golden-lookup.service.js';
import type { Image } from '../images/image.entity.js';
import { ImagesService } from '../images/images.service.js';
import { DeviceLookupService, type ResolvedDevice } from '../inventory/device-lookup.service.js';
import { DeviceModelImage } from '../inventory/device-model-image.entity.js';
import { WorkflowLookupService } from '../workflows/workflow-lookup.service.js';
import type { TriggerFacts } from './trigger-plan.js';
import type { TriggerNames, TriggerWish } from './trigger-wish.js';
import { DEFAULT_STEPS } from './upgrade-steps.js';

/** Reads what a trigger's decision needs, with a handful of statements however many devices there are. */
@Injectable()
export class TriggerLookups {
  constructor(
    private readonly devices: DeviceLookupService,
    private readonly golden: GoldenLookupService,
    private readonly images: ImagesService,
    private readonly workflows: WorkflowLookupService,
    private readonly drivers: DriverRegistry,
    private readonly dataSource: DataSource,
    private readonly config: Config,
  ) {}

  async read(wish: TriggerWish): Promise<TriggerFacts> {
    const { devices, workflow, image } = await this.find(wish);
    return {
      devices,
      image,
      workflow,
      golden: image || !wish.autoSelectImage ? new Map() : await this.golden.resolveMany(devices),
      supported: await this.supported(devices),
      platforms: this.drivers.platforms,
      defaultSteps: DEFAULT_STEPS,
      checks: await this.checks(devices),
      limits: this.config.values,
    };
  }

  /** What the names stand for, looked up in the order the original does (spec upgrade section 1.3). */
  async find(names: TriggerNames): Promise<Pick<TriggerFacts, 'devices' | 'workflow' | 'image'>> {
    const { devices, unknown } = await this.devices.resolve(names.devices);
    if (unknown.length > 0) throw unknownDevices(unknown);
    const workflow = names.workflowId === undefined ? null : await this.workflow(names.workflowId);
    const image = typeof names.imageId === 'number' ? await this.image(names.imageId) : null;
    return { devices, workflow, image };
  }

  private async image(id: number): Promise<Image> {
    const image = isRowId(id) ? await this.images.find(id) : null;
    if (image) return image;
    throw new NotFound(`Image with ID ${id} does not exist`, {
      body: { error: 'Image not found', message: `Image with ID ${id} does not exist` },
    });
  }

  private async workflow(id: number | null): Promise<TriggerFacts['workflow']> {
    if (id !== null && !isRowId(id)) throw unknownWorkflow(id);
    const found = await this.workflows.resolve(id).catch((error: unknown) => {
      throw error instanceof NotFound ? unknownWorkflow(id) : error;
    });
    if (!found) return null;
    const { workflow, steps } = found;
    if (steps.length === 0) throw invalidRequest('Invalid workflow', `Workflow ${workflow.name} has no steps`);
    return { id: workflow.id, name: workflow.name, steps };
  }

  private async supported(devices: readonly ResolvedDevice[]): Promise<Map<number, Set<number>>> {
    const models = [...new Set(devices.flatMap(({ modelId }) => (modelId === null ? [] : [modelId])))];
    const rows =
      models.length === 0 ? [] : await this.dataSource.manager.findBy(DeviceModelImage, { modelId: In(models) });
    const supported = new Map<number, Set<number>>();
    for (const { modelId, imageId } of rows) supported.set(modelId, (supported.get(modelId) ?? new Set()).add(imageId));
    return supported;
  }

  private async checks(devices: readonly ResolvedDevice[]): Promise<Map<string, Record<string, string>>> {
    const platforms = [...new Set(devices.map(({ platform }) => platform))];
    const entries = platforms.map(async (platform) => {
      const checks = await this.workflows.defaultChecks(platform);
      return [platform, Object.fromEntries(checks.map(({ name, command }) => [name, command]))] as const;
    });
    return new Map(await Promise.all(entries));
  }
}

/** Beyond PostgreSQL's integer nothing exists. */
function isRowId(id: number): boolean {
  return id > 0 && id <= 2 ** 31 - 1;
}

function unknownWorkflow(id: number | null): NotFound {
  const message = `Workflow with ID ${id} does not exist`;
  return new NotFound(message, { body: { error: 'Workflow not found', message } });
}

function unknownDevices(unknown: readonly (number | string)[]): NotFound {
  const message = `Unknown device(s): ${unknown.join(', ')}`;
  return new NotFound(message, {
    body: { detail: 'Not found.', error: 'Device not found', message, unknown_devices: unknown },
  });
}
