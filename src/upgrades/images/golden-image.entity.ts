import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import { DeviceModel } from '../inventory/device-model.entity.js';
import { Site } from '../inventory/site.entity.js';
import { Region } from '../inventory/region.entity.js';
import { Image } from './image.entity.js';

/** The image devices of a platform or a model should run, everywhere or at one site or in one region. */
@Entity('golden_images')
// One row for each scope: an index over `coalesce(…)`, which TypeORM cannot describe.
@Index('golden_images_scope_key', { synchronize: false })
@Index('golden_images_image_id', ['imageId'])
@Index('golden_images_model_id', ['modelId'])
@Index('golden_images_site_id', ['siteId'])
@Index('golden_images_region_id', ['regionId'])
export class GoldenImage {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'golden_images_pkey',
  })
  id: number;

  @Column({ type: 'text', nullable: true })
  platform: string | null;

  @Column({ name: 'model_id', type: 'integer', nullable: true })
  @ForeignKey(() => DeviceModel, { name: 'golden_images_model_id_fkey', onDelete: 'CASCADE' })
  modelId: number | null;

  @Column({ name: 'site_id', type: 'integer', nullable: true })
  @ForeignKey(() => Site, { name: 'golden_images_site_id_fkey', onDelete: 'CASCADE' })
  siteId: number | null;

  @Column({ name: 'region_id', type: 'integer', nullable: true })
  @ForeignKey(() => Region, { name: 'golden_images_region_id_fkey', onDelete: 'CASCADE' })
  regionId: number | null;

  @Column({ name: 'image_id', type: 'integer' })
  @ForeignKey(() => Image, { name: 'golden_images_image_id_fkey' })
  imageId: number;
}
