import type { Wish } from '../audited-rows.js';
import type { Device } from './device.entity.js';

/** What a client says about a device; what it names instead of giving an id is looked up. */
export interface DeviceWish extends Wish<Device> {
  readonly hostname?: string;
  /** By name; null takes the model away. */
  readonly modelName?: string | null;
  /** By name; a new one is made. */
  readonly siteName?: string | null;
  /** Of the site, from an import. */
  readonly regionName?: string;
  readonly credentialName?: string | null;
}

/** What a new device is when nothing is said; the table's own defaults, for rows inserted in bulk. */
export const NEW_DEVICE = {
  port: 22,
  platform: 'iosxe',
  modelId: null,
  siteId: null,
  credentialId: null,
  username: null,
  password: null,
  secret: null,
  privateKey: null,
  passphrase: null,
  hostKey: null,
  hostKeyPolicy: 'tofu',
  legacyAlgorithms: false,
  remoteDir: null,
  serial: null,
  version: null,
  family: 'Switch',
  role: '',
  bootMethod: '',
  macAddress: '',
  reachability: 'Unknown',
  tags: [],
  simulation: {},
  goldenImageOverrideId: null,
  preferredFileServerId: null,
} as const satisfies Wish<Device>;
