import { Injectable } from '@nestjs/common';
import { DataSource, In, type EntityManager } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import { AuditedRows, type RowKind, type Wish } from '../audited-rows.js';
import { doesNotExist } from '../drf/field-rules.js';
import { listPage, type Listing } from '../drf/listing.js';
import type { PageRequest, QueryValues } from '../drf/page.js';
import { invalidField, notFound } from '../drf/refusals.js';
import { alreadyExists, wordingConstraints, wordingUse } from '../drf/unique.js';
import { Image } from '../images/image.entity.js';
import { DeviceModelImage } from './device-model-image.entity.js';
import { DeviceModel } from './device-model.entity.js';

const MODEL: RowKind<DeviceModel> = { entity: DeviceModel, type: 'device_model', label: (model) => model.name };

const MODELS: Listing = {
  search: ['m.name', 'm.vendor'],
  ordering: { id: 'm.id', name: 'm.name', vendor: 'm.vendor' },
  defaultOrder: 'm.id',
  tieBreaker: 'm.id',
  filters: {
    name: { kind: 'text', column: 'm.name' },
    vendor: { kind: 'text', column: 'm.vendor' },
    default_image: { kind: 'integer', column: 'm.defaultImageId' },
  },
};

/** What goes with models beside their own columns. */
export interface ModelDetails {
  readonly images: ReadonlyMap<number, Image>;
  /** Model id to the ids of its supported images. */
  readonly supported: ReadonlyMap<number, readonly number[]>;
  readonly deviceCounts: ReadonlyMap<number, number>;
}

/** Kinds of devices: their golden image, the images they may run, and how their hosts are upgraded. */
@Injectable()
export class DeviceModelsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly rows: AuditedRows,
  ) {}

  list(query: QueryValues): Promise<{ page: PageRequest; count: number; rows: DeviceModel[] }> {
    return listPage(this.dataSource.createQueryBuilder(DeviceModel, 'm'), MODELS, query);
  }

  async get(id: number): Promise<DeviceModel> {
    const model = await this.dataSource.manager.findOneBy(DeviceModel, { id });
    if (model === null) throw notFound(`device model ${id} does not exist`);
    return model;
  }

  save(
    principal: Principal,
    id: number | null,
    wish: Wish<DeviceModel>,
    supportedImages?: readonly number[],
  ): Promise<DeviceModel> {
    const words = {
      device_models_name_key: alreadyExists('device model', 'name'),
      device_models_default_image_id_fkey: { default_image: [doesNotExist(wish.defaultImageId ?? 0)] },
      device_models_default_file_server_id_fkey: { default_file_server: [doesNotExist(wish.defaultFileServerId ?? 0)] },
    };
    return wordingConstraints(words, () =>
      this.dataSource.transaction(async (tx) => {
        const model =
          id === null
            ? await this.rows.insert(tx, principal, MODEL, wish)
            : await this.rows.update(tx, principal, MODEL, id, wish);
        if (supportedImages !== undefined) await this.support(tx, principal, model, supportedImages);
        return model;
      }),
    );
  }

  async remove(principal: Principal, id: number): Promise<void> {
    await wordingUse('Device model', () =>
      this.dataSource.transaction((tx) => this.rows.remove(tx, principal, MODEL, id)),
    );
  }

  /** Deletes the models no device has. */
  async removeUnused(principal: Principal): Promise<number> {
    return this.dataSource.transaction(async (tx) => {
      const unused = await tx.query<{ id: number }[]>(
        'select id from device_models m where not exists (select from devices d where d.model_id = m.id) order by id for update',
      );
      for (const { id } of unused) await this.rows.remove(tx, principal, MODEL, id);
      return unused.length;
    });
  }

  async details(models: readonly DeviceModel[]): Promise<ModelDetails> {
    const modelIds = models.map((model) => model.id);
    const [supportedRows, counts] = await Promise.all([
      this.dataSource.manager.find(DeviceModelImage, { where: { modelId: In(modelIds) }, order: { imageId: 'ASC' } }),
      this.dataSource.query<{ id: number; devices: number }[]>(
        'select model_id as id, count(*)::integer as devices from devices where model_id = any($1::integer[]) group by 1',
        [modelIds],
      ),
    ]);
    const supported = new Map<number, number[]>();
    for (const { modelId, imageId } of supportedRows) {
      supported.set(modelId, [...(supported.get(modelId) ?? []), imageId]);
    }
    const imageIds = [
      ...supportedRows.map((row) => row.imageId),
      ...models.flatMap((model) => model.defaultImageId ?? []),
    ];
    const images = await this.dataSource.manager.findBy(Image, { id: In([...new Set(imageIds)]) });
    return {
      images: new Map(images.map((image) => [image.id, image])),
      supported,
      deviceCounts: new Map(counts.map((row) => [row.id, row.devices])),
    };
  }

  private async support(
    tx: EntityManager,
    principal: Principal,
    model: DeviceModel,
    imageIds: readonly number[],
  ): Promise<void> {
    const wanted = [...new Set(imageIds)].sort((one, other) => one - other);
    const known = await tx.query<{ id: number }[]>(
      'select id from images where id = any($1::integer[]) for key share',
      [wanted],
    );
    const unknown = wanted.find((id) => !known.some((row) => row.id === id));
    if (unknown !== undefined) throw invalidField('supported_images', doesNotExist(unknown));
    const before = await tx.find(DeviceModelImage, { where: { modelId: model.id }, order: { imageId: 'ASC' } });
    await tx.delete(DeviceModelImage, { modelId: model.id });
    if (wanted.length > 0)
      await tx.insert(
        DeviceModelImage,
        wanted.map((imageId) => ({ modelId: model.id, imageId })),
      );
    await this.rows.record(tx, principal, MODEL, 'update', {
      row: model,
      before: { supportedImages: before.map((row) => row.imageId) },
      after: { supportedImages: wanted },
    });
  }
}
