import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import { GoldenLookupService } from '../images/golden-lookup.service.js';
import { Image } from '../images/image.entity.js';
import { Credential } from './credential.entity.js';
import { DeviceModelImage } from './device-model-image.entity.js';
import { DeviceModel } from './device-model.entity.js';
import type { Device } from './device.entity.js';
import { Site } from './site.entity.js';

export interface AvailableImage {
  readonly image: Image;
  readonly tag: 'Default' | 'Supported';
}

/** What an answer about a device says beside its own row. */
export interface DeviceDetails {
  readonly modelName: string | null;
  readonly siteName: string | null;
  readonly credentialName: string | null;
  readonly golden: Image | null;
  readonly available: readonly AvailableImage[];
}

/** Reads what goes with a page of devices: a fixed number of statements, however many devices. */
@Injectable()
export class DeviceDetailsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly golden: GoldenLookupService,
  ) {}

  async of(devices: readonly Device[]): Promise<Map<number, DeviceDetails>> {
    const { manager } = this.dataSource;
    const ids = (pick: (device: Device) => number | null) =>
      In([...new Set(devices.map(pick).filter((id) => id !== null))]);
    const [models, sites, credentials] = await Promise.all([
      manager.findBy(DeviceModel, { id: ids((device) => device.modelId) }),
      manager.findBy(Site, { id: ids((device) => device.siteId) }),
      manager.find(Credential, {
        select: { id: true, name: true },
        where: { id: ids((device) => device.credentialId) },
      }),
    ]);
    const siteById = new Map(sites.map((site) => [site.id, site]));
    const [golden, available] = await Promise.all([
      this.golden.resolveMany(
        devices.map((device) => ({ ...device, regionId: siteById.get(device.siteId ?? 0)?.regionId ?? null })),
      ),
      this.availableImages(models),
    ]);
    const modelNames = new Map(models.map((model) => [model.id, model.name]));
    const credentialNames = new Map(credentials.map((credential) => [credential.id, credential.name]));
    return new Map(
      devices.map((device) => [
        device.id,
        {
          modelName: modelNames.get(device.modelId ?? 0) ?? null,
          siteName: siteById.get(device.siteId ?? 0)?.name ?? null,
          credentialName: credentialNames.get(device.credentialId ?? 0) ?? null,
          golden: golden.get(device.id) ?? null,
          available: available.get(device.modelId ?? 0) ?? [],
        },
      ]),
    );
  }

  private async availableImages(models: readonly DeviceModel[]): Promise<Map<number, AvailableImage[]>> {
    const { manager } = this.dataSource;
    const supported = await manager.find(DeviceModelImage, {
      where: { modelId: In(models.map((model) => model.id)) },
      order: { imageId: 'ASC' },
    });
    const imageIds = [...supported.map((row) => row.imageId), ...models.flatMap((model) => model.defaultImageId ?? [])];
    const found = imageIds.length === 0 ? [] : await manager.findBy(Image, { id: In([...new Set(imageIds)]) });
    const images = new Map(found.map((image) => [image.id, image]));
    return new Map(
      models.map((model) => {
        const others = supported.filter((row) => row.modelId === model.id && row.imageId !== model.defaultImageId);
        return [
          model.id,
          [
            ...tagged(images.get(model.defaultImageId ?? 0), 'Default'),
            ...others.flatMap((row) => tagged(images.get(row.imageId), 'Supported')),
          ],
        ];
      }),
    );
  }
}

function tagged(image: Image | undefined, tag: AvailableImage['tag']): AvailableImage[] {
  return image === undefined ? [] : [{ image, tag }];
}
