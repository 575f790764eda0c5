import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import { DeviceModel } from '../inventory/device-model.entity.js';
import { GoldenChoice, type GoldenSubject } from './golden-choice.js';
import { GoldenImage } from './golden-image.entity.js';
import { Image } from './image.entity.js';

/** Finds the golden images of many devices with three statements. */
@Injectable()
export class GoldenLookupService {
  constructor(private readonly dataSource: DataSource) {}

  /** Device id to image; a device without one is not in the map. */
  async resolveMany(devices: readonly (GoldenSubject & { readonly id: number })[]): Promise<Map<number, Image>> {
    const choice = await this.choice(devices);
    const chosen = devices.flatMap((device) => {
      const imageId = choice.imageIdFor(device);
      return imageId === null ? [] : [{ deviceId: device.id, imageId }];
    });
    const ids = [...new Set(chosen.map((one) => one.imageId))];
    const images = new Map(
      (ids.length === 0 ? [] : await this.dataSource.manager.findBy(Image, { id: In(ids) })).map((image) => [
        image.id,
        image,
      ]),
    );
    return new Map(
      chosen.flatMap(({ deviceId, imageId }) => {
        const image = images.get(imageId);
        return image === undefined ? [] : [[deviceId, image] as const];
      }),
    );
  }

  private async choice(devices: readonly GoldenSubject[]): Promise<GoldenChoice> {
    const platforms = [...new Set(devices.map((device) => device.platform))];
    const modelIds = [...new Set(devices.flatMap((device) => (device.modelId === null ? [] : [device.modelId])))];
    const [rules, models] = await Promise.all([
      this.dataSource
        .createQueryBuilder(GoldenImage, 'g')
        .where('g.platform = any(:platforms) or g.modelId = any(:modelIds)', { platforms, modelIds })
        .getMany(),
      this.dataSource
        .createQueryBuilder(DeviceModel, 'm')
        .where('m.id = any(:modelIds) and m.defaultImageId is not null', { modelIds })
        .getMany(),
    ]);
    const defaults = models.flatMap((model) =>
      model.defaultImageId === null ? [] : [[model.id, model.defaultImageId] as const],
    );
    return new GoldenChoice(rules, new Map(defaults));
  }
}
