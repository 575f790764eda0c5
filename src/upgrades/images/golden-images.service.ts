import { Injectable } from '@nestjs/common';
import { DataSource, In } from 'typeorm';
import type { Principal } from '../../auth/principal.js';
import { AuditedRows, type RowKind, type Wish } from '../audited-rows.js';
import { doesNotExist } from '../drf/field-rules.js';
import { listPage, type Listing } from '../drf/listing.js';
import type { PageRequest, QueryValues } from '../drf/page.js';
import { invalidFields, notFound } from '../drf/refusals.js';
import { wordingConstraints } from '../drf/unique.js';
import { DeviceModel } from '../inventory/device-model.entity.js';
import { Region } from '../inventory/region.entity.js';
import { Site } from '../inventory/site.entity.js';
import { GoldenImage } from './golden-image.entity.js';
import { Image } from './image.entity.js';

const GOLDEN: RowKind<GoldenImage> = {
  entity: GoldenImage,
  type: 'golden_image',
  label: (golden) => `${golden.platform ?? `model ${golden.modelId}`}: image ${golden.imageId}`,
};

const GOLDENS: Listing = {
  search: ['g.platform'],
  ordering: { id: 'g.id', platform: 'g.platform' },
  defaultOrder: 'g.id',
  tieBreaker: 'g.id',
  filters: {
    platform: { kind: 'text', column: 'g.platform' },
    model: { kind: 'integer', column: 'g.modelId' },
    site: { kind: 'integer', column: 'g.siteId' },
    region: { kind: 'integer', column: 'g.regionId' },
    image: { kind: 'integer', column: 'g.imageId' },
  },
};

/** A row as it is asked for: model, site and region by id or by name. */
export interface GoldenWish extends Pick<Wish<GoldenImage>, 'platform' | 'imageId'> {
  readonly model?: number | string | null;
  readonly site?: number | string | null;
  readonly region?: number | string | null;
}

/** What the ids of a golden image stand for. */
export interface GoldenNames {
  readonly models: ReadonlyMap<number, string>;
  readonly sites: ReadonlyMap<number, string>;
  readonly regions: ReadonlyMap<number, string>;
  readonly images: ReadonlyMap<number, Image>;
}

/** The rows that say which image is golden where. */
@Injectable()
export class GoldenImagesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly rows: AuditedRows,
  ) {}

  list(query: QueryValues): Promise<{ page: PageRequest; count: number; rows: GoldenImage[] }> {
    return listPage(this.dataSource.createQueryBuilder(GoldenImage, 'g'), GOLDENS, query);
  }

  async get(id: number): Promise<GoldenImage> {
    const golden = await this.dataSource.manager.findOneBy(GoldenImage, { id });
    if (golden === null) throw notFound(`golden image ${id} does not exist`);
    return golden;
  }

  async create(principal: Principal, asked: GoldenWish): Promise<GoldenImage> {
    const wish = await this.withIds(asked);
    assertScope(wish);
    return wordingConstraints(constraintWords(wish), () =>
      this.dataSource.transaction((tx) => this.rows.insert(tx, principal, GOLDEN, wish)),
    );
  }

  async update(principal: Principal, id: number, asked: GoldenWish): Promise<GoldenImage> {
    const wish = await this.withIds(asked);
    return wordingConstraints(constraintWords(wish), () =>
      this.dataSource.transaction(async (tx) => {
        const golden = await this.rows.update(tx, principal, GOLDEN, id, wish);
        assertScope(golden);
        return golden;
      }),
    );
  }

  async remove(principal: Principal, id: number): Promise<void> {
    await this.dataSource.transaction((tx) => this.rows.remove(tx, principal, GOLDEN, id));
  }

  private async withIds({ model, site, region, ...wish }: GoldenWish): Promise<Wish<GoldenImage>> {
    return {
      ...wish,
      modelId: await this.idOf(DeviceModel, 'model', model),
      siteId: await this.idOf(Site, 'site', site),
      regionId: await this.idOf(Region, 'region', region),
    };
  }

  private async idOf(
    entity: new () => { id: number; name: string },
    field: string,
    given: number | string | null | undefined,
  ): Promise<number | null | undefined> {
    if (typeof given !== 'string') return given;
    const row = await this.dataSource.manager.findOneBy(entity, { name: given });
    if (row === null) throw invalidFields({ [field]: [`Object with name=${given} does not exist.`] });
    return row.id;
  }

  async names(goldens: readonly GoldenImage[]): Promise<GoldenNames> {
    const { manager } = this.dataSource;
    const ids = (pick: (golden: GoldenImage) => number | null) =>
      In([0, ...new Set(goldens.map(pick).filter((id) => id !== null))]);
    const [models, sites, regions, images] = await Promise.all([
      manager.findBy(DeviceModel, { id: ids((golden) => golden.modelId) }),
      manager.findBy(Site, { id: ids((golden) => golden.siteId) }),
      manager.findBy(Region, { id: ids((golden) => golden.regionId) }),
      manager.findBy(Image, { id: ids((golden) => golden.imageId) }),
    ]);
    const named = (rows: readonly { id: number; name: string }[]) => new Map(rows.map((row) => [row.id, row.name]));
    return {
      models: named(models),
      sites: named(sites),
      regions: named(regions),
      images: new Map(images.map((image) => [image.id, image])),
    };
  }
}

function assertScope({ platform, modelId, siteId, regionId }: Wish<GoldenImage>): void {
  const isFor = Number((platform ?? null) !== null) + Number((modelId ?? null) !== null);
  if (isFor !== 1) {
    throw invalidFields({ non_field_errors: ['Give either a platform or a model: exactly one of them.'] });
  }
  if ((siteId ?? null) !== null && (regionId ?? null) !== null) {
    throw invalidFields({ non_field_errors: ['Give a site or a region or neither (Global), not both.'] });
  }
}

function constraintWords(wish: Wish<GoldenImage>) {
  return {
    golden_images_scope_key: {
      non_field_errors: [
        'The fields platform, model, site, region must make a unique set: there is a golden image for it already.',
      ],
    },
    golden_images_model_id_fkey: { model: [doesNotExist(wish.modelId ?? 0)] },
    golden_images_site_id_fkey: { site: [doesNotExist(wish.siteId ?? 0)] },
    golden_images_region_id_fkey: { region: [doesNotExist(wish.regionId ?? 0)] },
    golden_images_image_id_fkey: { image: [doesNotExist(wish.imageId ?? 0)] },
  };
}
