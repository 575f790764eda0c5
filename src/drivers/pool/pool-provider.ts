import { ActionError } from '../../common/errors.js';

/**
 * The port to what gives out servers for a pool and stores the images they start from (spec nodepool section 3). Each call
 * is one act, re-entrant and short: nothing here waits for a server to boot or an image to settle, that is the caller's
 * durable timer. A provider keeps nothing in memory that a restart may not lose, and never reads or writes the database.
 */
export abstract class PoolDriver {
  /** The word in a provider's `driver:` key. */
  abstract readonly name: 'openstack' | 'static' | 'local' | 'fake';
  /** No act of its own: the first call of a method is the first that leaves the process. */
  abstract open(settings: PoolProviderSettings): PoolProvider;
}

export interface PoolProvider {
  /** Every server of the account with its tags, ours or not. */
  listServers(io: PoolIo): Promise<PoolServer[]>;
  /** Null when it is gone. */
  getServer(id: string, io: PoolIo): Promise<PoolServer | null>;
  /** Returns the new server's id as soon as the provider has given one. */
  createServer(wish: ServerWish, io: PoolIo): Promise<string>;
  /** Asks for the end of a server. One that is gone already is a success; it is gone when `getServer` says null. */
  deleteServer(id: string, io: PoolIo): Promise<void>;
  /** Does it answer as its users need it (TCP, or SSH's key exchange)? */
  isReachable(server: PoolServer, wish: Reachability, io: PoolIo): Promise<boolean>;
  listImages(io: PoolIo): Promise<PoolImage[]>;
  getImage(id: string, io: PoolIo): Promise<PoolImage | null>;
  /** Stores a built image; streams the file. Returns the stored image's id. */
  uploadImage(wish: ImageUpload, io: PoolIo): Promise<string>;
  /** Makes an image of a running server. Returns its id; it is usable when `getImage` says `active`. */
  snapshotServer(serverId: string, name: string, tags: Tags, io: PoolIo): Promise<string>;
  /** One that is gone already is a success. */
  deleteImage(id: string, io: PoolIo): Promise<void>;
}

/** Whose a server or image is: `{nodepool_provider, nodepool_kind: node|template|image, nodepool_id, …}`. Values <= 255 characters. */
export type Tags = Readonly<Record<string, string>>;

export interface PoolIo {
  readonly signal: AbortSignal;
  /** One line for the job's log; never a secret. */
  log(text: string): void;
  /** Awaited before each call of a remote API: the provider's turn in its rate queue (`rate` seconds apart). */
  turn(): Promise<void>;
  progress(done: number, total: number): void;
}

export interface PoolServer {
  readonly id: string;
  readonly name: string;
  readonly status: 'building' | 'active' | 'error' | 'deleting';
  /** The provider's own words about an error. */
  readonly message: string | null;
  readonly ip: string | null;
  readonly privateIp: string | null;
  /** Where it is reached when that is not SSH's port. */
  readonly port: number | null;
  readonly az: string | null;
  readonly tags: Tags;
}

export interface ServerWish {
  readonly name: string;
  readonly tags: Tags;
  /** Id or name of the stored image; null for `static`. */
  readonly image: string | null;
  readonly minRam: number;
  readonly nameFilter: string | null;
  readonly az: string | null;
  readonly keypair: string | null;
  readonly networks: readonly string[];
  /** Name of a floating-ip pool. */
  readonly pool: string | null;
  readonly configDrive: boolean;
  /** `static`: the host's name in `nodes:`. */
  readonly host: string | null;
}

export interface Reachability {
  readonly port: number | null;
  /** SSH host key (`ssh-ed25519 AAAA…`) that must be among the server's; null: any. */
  readonly hostKey: string | null;
}

export interface PoolImage {
  readonly id: string;
  readonly name: string;
  readonly status: 'building' | 'active' | 'error';
  readonly message: string | null;
  readonly tags: Tags;
}

export interface ImageUpload {
  readonly name: string;
  /** Absolute path of the built file. */
  readonly file: string;
  /** `qcow2`, `raw`, `vhd`, `tar`. */
  readonly format: string;
  readonly tags: Tags;
}

/** What `nodepool.yaml` says about one provider, as far as its driver needs it. Secrets in clear: never logged. */
export interface PoolProviderSettings {
  readonly name: string;
  readonly driver: PoolDriver['name'];
  readonly authUrl: string | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly projectId: string | null;
  readonly projectName: string | null;
  readonly userDomain: string;
  readonly projectDomain: string;
  readonly regionName: string | null;
  readonly apiTimeoutS: number;
  /** `static`. */
  readonly nodes: readonly StaticNode[];
  /** `local`: its image store and its servers, absolute and below the data directory. */
  readonly directory: string;
  /** `fake`. */
  readonly fake: FakeBehaviour;
}

/** How the fake cloud (mis)behaves: `fake:` of its provider. All times in seconds; what is absent is off. */
export interface FakeBehaviour {
  /** So many calls fail before the next one works: at the call itself, or (`failBoot`) the server goes to `error` later. */
  readonly failCreate?: number;
  readonly failBoot?: number;
  readonly failDelete?: number;
  readonly failUpload?: number;
  /** How long the call takes. A server is there, with its tags, before its id is returned. */
  readonly createDelay?: number;
  readonly uploadDelay?: number;
  /** How long after the call a server is up, or gone. */
  readonly bootDelay?: number;
  readonly deleteDelay?: number;
  /** While on, new servers stay `building`. */
  readonly pauseCreates?: boolean;
  readonly overQuota?: boolean;
  /** The account's own limit, whatever the pool's is. */
  readonly maxServers?: number;
  /** Availability zones there are; absent: any. */
  readonly zones?: readonly string[];
}

export interface StaticNode {
  readonly name: string;
  readonly labels: readonly string[];
  readonly username: string;
  readonly connectionPort: number;
  readonly hostKey: string | null;
}

export type PoolErrorCode = 'unavailable' | 'refused' | 'quota' | 'auth' | 'not_found' | 'bad_request' | 'aborted';

const RETRYABLE: ReadonlySet<PoolErrorCode> = new Set(['unavailable', 'quota']);

/** What a provider throws. `retryAfterS` where the provider named a time (HTTP 429, 503). */
export class PoolError extends ActionError {
  constructor(
    code: PoolErrorCode,
    message: string,
    readonly retryAfterS: number | null = null,
    cause?: unknown,
  ) {
    super(message, { code, retryable: RETRYABLE.has(code), cause });
  }
}
