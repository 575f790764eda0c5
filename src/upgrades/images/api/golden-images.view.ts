import type { GoldenImage } from '../golden-image.entity.js';
import type { GoldenNames } from '../golden-images.service.js';

export interface GoldenImageView {
  readonly id: number;
  readonly platform: string | null;
  readonly model: number | null;
  readonly model_name: string | null;
  readonly site: number | null;
  readonly site_name: string;
  readonly region: number | null;
  readonly region_name: string | null;
  readonly image: number;
  readonly image_details: { readonly id: number; readonly filename: string; readonly version: string } | null;
}

export function toGoldenImageView(golden: GoldenImage, names: GoldenNames): GoldenImageView {
  const image = names.images.get(golden.imageId);
  const isGlobal = golden.siteId === null && golden.regionId === null;
  return {
    id: golden.id,
    platform: golden.platform,
    model: golden.modelId,
    model_name: names.models.get(golden.modelId ?? 0) ?? null,
    site: golden.siteId,
    site_name: isGlobal ? 'Global' : (names.sites.get(golden.siteId ?? 0) ?? ''),
    region: golden.regionId,
    region_name: names.regions.get(golden.regionId ?? 0) ?? null,
    image: golden.imageId,
    image_details: image ? { id: image.id, filename: image.filename, version: image.version } : null,
  };
}
