import type { Wish } from '../../audited-rows.js';
import { choice, reference } from '../../drf/field-rules.js';
import { Field, type FieldRule } from '../../drf/fields.js';
import { PLATFORMS } from '../../platforms.js';
import type { GoldenImage } from '../golden-image.entity.js';

const optional = { optional: true, nullable: true };

/** The original calls "no site" by the name "Global" (spec upgrade section 2). */
const siteReference: FieldRule<number | null> = (value) => (value === 'Global' ? { value: null } : reference(value));

export class GoldenImageBody {
  @Field(choice(PLATFORMS), optional) platform?: string | null;
  @Field(reference, optional) model?: number | null;
  @Field(siteReference, optional) site?: number | null;
  @Field(reference, optional) region?: number | null;
  @Field(reference) image?: number;
}

export function toGoldenImageWish(body: GoldenImageBody): Wish<GoldenImage> {
  return {
    platform: body.platform,
    modelId: body.model,
    siteId: body.site,
    regionId: body.region,
    imageId: body.image,
  };
}
