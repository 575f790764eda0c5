import type { Simulation } from '../../../drivers/device-driver.js';
import { complianceOf, type Compliance } from '../compliance.js';
import type { DeviceDetails } from '../device-details.service.js';
import type { Device } from '../device.entity.js';

export interface GoldenView {
  readonly id: number | null;
  readonly version: string | null;
  readonly file: string | null;
  readonly size: number | null;
  readonly md5: string | null;
  readonly is_new_model: boolean;
  readonly available_images: readonly {
    readonly id: number;
    readonly version: string;
    readonly file: string;
    readonly tag: string;
  }[];
}

export interface DeviceView {
  readonly id: number;
  readonly hostname: string;
  readonly ip_address: string;
  readonly port: number;
  readonly platform: string;
  readonly username: string;
  readonly has_password: boolean;
  readonly has_secret: boolean;
  readonly has_private_key: boolean;
  readonly credential: string | null;
  readonly model: string | null;
  readonly model_id: number | null;
  readonly site: string | null;
  readonly site_id: number | null;
  readonly version: string | null;
  readonly serial: string | null;
  readonly family: string;
  readonly role: string;
  readonly boot_method: string;
  readonly boot_time: string | null;
  readonly mac_address: string;
  readonly reachability: string;
  readonly last_sync_status: string;
  readonly last_sync_time: string | null;
  readonly host_key: string | null;
  readonly host_key_policy: string;
  readonly legacy_algorithms: boolean;
  readonly remote_dir: string | null;
  readonly tags: readonly string[];
  readonly simulation: Simulation;
  readonly golden_image_override: number | null;
  readonly preferred_file_server: number | null;
  readonly compliance_status: Compliance;
  readonly golden_image: GoldenView;
}

/** Nothing secret ever leaves: that there is a password is all that is said. */
export function toDeviceView(device: Device, details: DeviceDetails): DeviceView {
  return {
    id: device.id,
    hostname: device.hostname,
    ip_address: device.ipAddress,
    port: device.port,
    platform: device.platform,
    username: device.username ?? '',
    has_password: device.password !== null,
    has_secret: device.secret !== null,
    has_private_key: device.privateKey !== null,
    credential: details.credentialName,
    model: details.modelName,
    model_id: device.modelId,
    site: details.siteName,
    site_id: device.siteId,
    version: device.version,
    serial: device.serial,
    family: device.family,
    role: device.role,
    boot_method: device.bootMethod,
    boot_time: device.bootTime?.toISOString() ?? null,
    mac_address: device.macAddress,
    reachability: device.reachability,
    last_sync_status: device.lastSyncStatus,
    last_sync_time: device.lastSyncTime?.toISOString() ?? null,
    host_key: device.hostKey,
    host_key_policy: device.hostKeyPolicy,
    legacy_algorithms: device.legacyAlgorithms,
    remote_dir: device.remoteDir,
    tags: device.tags,
    simulation: device.simulation,
    golden_image_override: device.goldenImageOverrideId,
    preferred_file_server: device.preferredFileServerId,
    compliance_status: complianceOf(device.version, details.golden?.version ?? null),
    golden_image: toGoldenView(details),
  };
}

function toGoldenView({ modelName, golden, available }: DeviceDetails): GoldenView {
  return {
    id: golden?.id ?? null,
    version: golden?.version ?? null,
    file: golden?.filename ?? null,
    size: golden ? Number(golden.sizeBytes) : null,
    md5: golden?.md5 ?? null,
    // A model nobody has chosen an image for yet.
    is_new_model: modelName !== null && available.length === 0,
    available_images: available.map(({ image, tag }) => ({
      id: image.id,
      version: image.version,
      file: image.filename,
      tag,
    })),
  };
}
