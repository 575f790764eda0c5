import type { DeviceCommands } from '../../../drivers/device-driver.js';
import type { Image } from '../../images/image.entity.js';
import type { DeviceModel } from '../device-model.entity.js';
import type { ModelDetails } from '../device-models.service.js';

export interface ModelImageView {
  readonly id: number;
  readonly filename: string;
  readonly version: string;
  readonly size_bytes: number;
  readonly md5_checksum: string | null;
}

export interface DeviceModelView {
  readonly id: number;
  readonly name: string;
  readonly vendor: string;
  readonly default_image: number | null;
  readonly supported_images: readonly number[];
  readonly default_image_details: ModelImageView | null;
  readonly supported_images_details: readonly ModelImageView[];
  readonly device_count: number;
  readonly golden_image_version: string | null;
  readonly golden_image_file: string | null;
  readonly golden_image_size: number | null;
  readonly golden_image_md5: string | null;
  readonly golden_image_path: string | null;
  readonly default_file_server: number | null;
  readonly commands: DeviceCommands;
}

/** The five `golden_image_…` fields are the original's older names for its default image. */
export function toDeviceModelView(model: DeviceModel, details: ModelDetails): DeviceModelView {
  const golden = details.images.get(model.defaultImageId ?? 0);
  const supported = details.supported.get(model.id) ?? [];
  return {
    id: model.id,
    name: model.name,
    vendor: model.vendor,
    default_image: model.defaultImageId,
    supported_images: supported,
    default_image_details: golden ? toModelImageView(golden) : null,
    supported_images_details: supported.flatMap((id) => {
      const image = details.images.get(id);
      return image ? [toModelImageView(image)] : [];
    }),
    device_count: details.deviceCounts.get(model.id) ?? 0,
    golden_image_version: golden?.version ?? null,
    golden_image_file: golden?.filename ?? null,
    golden_image_size: golden ? Number(golden.sizeBytes) : null,
    golden_image_md5: golden?.md5 ?? null,
    golden_image_path: golden?.remotePath ?? null,
    default_file_server: model.defaultFileServerId,
    commands: model.commands,
  };
}

function toModelImageView(image: Image): ModelImageView {
  return {
    id: image.id,
    filename: image.filename,
    version: image.version,
    size_bytes: Number(image.sizeBytes),
    md5_checksum: image.md5,
  };
}
