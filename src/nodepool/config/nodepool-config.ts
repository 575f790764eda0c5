import type { FakeBehaviour, PoolDriver, StaticNode } from '../../drivers/pool/pool-provider.js';

/** `nodepool.yaml` in our words (spec nodepool section 2.7): defaults filled in, references checked, frozen. */
export interface NodepoolConfig {
  readonly labels: readonly LabelConfig[];
  readonly providers: readonly ProviderConfig[];
  readonly diskimages: readonly DiskimageConfig[];
  readonly targets: readonly TargetConfig[];
  readonly cron: CronConfig;
  /** Absolute: where builds are kept. */
  readonly imagesDir: string;
  readonly elementsDir: string | null;
  readonly scriptDir: string | null;
  /** Seconds; 0: for ever. A node's own `ttl` may only be shorter. */
  readonly maxHoldAgeS: number;
}

export interface LabelConfig {
  readonly name: string;
  /** Null only where every provider of the label is `static`. */
  readonly image: string | null;
  /** -1: the label and its image are off. */
  readonly minReady: number;
  /** In the order of the file. */
  readonly providers: readonly string[];
  /** A command run over ssh on a new node. */
  readonly readyScript: string | null;
}

export interface ProviderConfig {
  readonly name: string;
  readonly driver: PoolDriver['name'];
  readonly maxServers: number;
  /** Seconds between two calls of its API. */
  readonly rateS: number;
  /** Format of the disk images it takes: `qcow2`, `raw`, `vhd`, `tar`. */
  readonly imageType: string;
  /** Seconds. */
  readonly bootTimeoutS: number;
  readonly launchTimeoutS: number;
  readonly apiTimeoutS: number;
  readonly availabilityZones: readonly string[];
  readonly keypair: string | null;
  readonly networks: readonly string[];
  /** Name of a floating-ip pool. */
  readonly pool: string | null;
  readonly regionName: string | null;
  /** How the names of template servers and images are made: `{image.name}`, `{timestamp}`. */
  readonly templateHostname: string;
  readonly authUrl: string | null;
  readonly username: string | null;
  /** In clear: never in an answer, a log or an error. */
  readonly password: string | null;
  readonly projectId: string | null;
  readonly projectName: string | null;
  readonly userDomain: string;
  readonly projectDomain: string;
  readonly images: readonly ProviderImageConfig[];
  /** `static` only. */
  readonly nodes: readonly StaticNode[];
  /** `fake` only. */
  readonly fake: FakeBehaviour;
}

export interface ProviderImageConfig {
  readonly name: string;
  readonly baseImage: string | null;
  readonly minRam: number;
  readonly nameFilter: string | null;
  /** The build it is uploaded from; null: a snapshot of `baseImage`, or nothing. */
  readonly diskimage: string | null;
  readonly setup: string | null;
  readonly username: string;
  readonly userHome: string;
  readonly privateKey: string | null;
  readonly configDrive: boolean;
  readonly meta: Readonly<Record<string, string>>;
}

export interface DiskimageConfig {
  readonly name: string;
  readonly elements: readonly string[];
  readonly release: string | null;
  readonly envVars: Readonly<Record<string, string>>;
  /** Seconds; null: rebuilt by `cron.image-update` only. */
  readonly rebuildAgeS: number | null;
  readonly buildTimeoutS: number;
  /** Not built unasked. */
  readonly pause: boolean;
}

export interface TargetConfig {
  readonly name: string;
  /** Template: `{label.name} {provider.name} {node_id} {timestamp}`. */
  readonly hostname: string;
  readonly subnodeHostname: string;
}

/** Five-field cron lines. */
export interface CronConfig {
  readonly imageUpdate: string;
  readonly cleanup: string;
  readonly check: string;
}
