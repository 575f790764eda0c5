import { choice, reference } from '../../drf/field-rules.js';
import { Field, type FieldRule } from '../../drf/fields.js';
import { PLATFORMS } from '../../platforms.js';
import type { GoldenWish } from '../golden-images.service.js';

const optional = { optional: true, nullable: true };

/** An id, or a name as devices use it for their model and site. Digits are an id. */
const idOrName: FieldRule<number | string> = (value) =>
  typeof value === 'string' && value.trim() !== '' && !/^\d+$/.test(value) && !value.includes('\0')
    ? { value }
    : reference(value);

/** The original calls "no site" by the name "Global" (spec upgrade section 2). */
const siteReference: FieldRule<number | string | null> = (value) =>
  value === 'Global' ? { value: null } : idOrName(value);

export class GoldenImageBody {
  @Field(choice(PLATFORMS), optional) platform?: string | null;
  @Field(idOrName, optional) model?: number | string | null;
  @Field(siteReference, optional) site?: number | string | null;
  @Field(idOrName, optional) region?: number | string | null;
  @Field(reference) image?: number;
}

export function toGoldenImageWish(body: GoldenImageBody): GoldenWish {
  return {
    platform: body.platform,
    model: body.model,
    site: body.site,
    region: body.region,
    imageId: body.image,
  };
}
