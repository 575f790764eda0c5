import type { Wish } from '../../audited-rows.js';
import { reference, text } from '../../drf/field-rules.js';
import { Field } from '../../drf/fields.js';
import type { Region } from '../region.entity.js';
import type { Site } from '../site.entity.js';

export class RegionBody {
  @Field(text()) name?: string;
  @Field(reference, { optional: true, nullable: true }) preferred_file_server?: number | null;
}

export function toRegionWish(body: RegionBody): Wish<Region> {
  return { name: body.name, preferredFileServerId: body.preferred_file_server };
}

export class SiteBody {
  @Field(text()) name?: string;
  @Field(text({ max: 1000, blank: true }), { optional: true }) address?: string;
  @Field(reference, { optional: true, nullable: true }) region?: number | null;
  @Field(reference, { optional: true, nullable: true }) preferred_file_server?: number | null;
}

export function toSiteWish(body: SiteBody): Wish<Site> {
  return {
    name: body.name,
    address: body.address,
    regionId: body.region,
    preferredFileServerId: body.preferred_file_server,
  };
}
