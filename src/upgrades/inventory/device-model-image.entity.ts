import { Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { DeviceModel } from './device-model.entity.js';
import { Image } from '../images/image.entity.js';

/** An image that may run on a model. A model without any allows all. */
@Entity('device_model_images')
@Index('device_model_images_image_id', ['imageId'])
export class DeviceModelImage {
  @PrimaryColumn({ name: 'model_id', type: 'integer', primaryKeyConstraintName: 'device_model_images_pkey' })
  @ForeignKey(() => DeviceModel, { name: 'device_model_images_model_id_fkey', onDelete: 'CASCADE' })
  modelId: number;

  @PrimaryColumn({ name: 'image_id', type: 'integer', primaryKeyConstraintName: 'device_model_images_pkey' })
  @ForeignKey(() => Image, { name: 'device_model_images_image_id_fkey' })
  imageId: number;
}
