import type { Region } from '../region.entity.js';
import type { Site } from '../site.entity.js';

export interface RegionView {
  readonly id: number;
  readonly name: string;
  readonly preferred_file_server: number | null;
}

export function toRegionView(region: Region): RegionView {
  return { id: region.id, name: region.name, preferred_file_server: region.preferredFileServerId };
}

export interface SiteView {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly region: number | null;
  readonly preferred_file_server: number | null;
  readonly region_details: RegionView | null;
  readonly device_count: number;
}

export function toSiteView(site: Site, region: Region | undefined, deviceCount: number): SiteView {
  return {
    id: site.id,
    name: site.name,
    address: site.address,
    region: site.regionId,
    preferred_file_server: site.preferredFileServerId,
    region_details: region ? toRegionView(region) : null,
    device_count: deviceCount,
  };
}
