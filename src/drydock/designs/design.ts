/**
 * A design after inheritance and targeting, in plain values: it can be stored as it is and shared between requests, and
 * nothing may change it. Lists keep the order of the document; a map is a list of entries, since its order shows.
 */
export type Entries<T = string> = readonly (readonly [string, T])[];

export interface Design {
  readonly nodes: readonly DesignNode[];
  readonly bootActions: readonly BootAction[];
  readonly networks: readonly DesignNetwork[];
  readonly links: readonly NetworkLink[];
  readonly racks: readonly Rack[];
}

/** A BaremetalNode with all its profiles say. */
export interface DesignNode {
  readonly name: string;
  /** The DNS domain of the primary network, or `local`. */
  readonly domain: string;
  readonly primaryNetwork: string | null;
  readonly hostProfile: string | null;
  readonly hardwareProfile: string | null;
  readonly tags: readonly string[];
  /** `metadata.owner_data`, the parents' first. */
  readonly labels: Entries;
  readonly rack: string | null;
  readonly bootMac: string | null;
  readonly addresses: readonly NodeAddress[];
  readonly interfaces: readonly NodeInterface[];
  readonly oob: OutOfBand;
  readonly platform: Platform;
  readonly disks: readonly Disk[];
  readonly volumeGroups: readonly VolumeGroup[];
}

export interface NodeAddress {
  readonly network: string;
  readonly kind: 'static' | 'dhcp';
  /** Null with DHCP. */
  readonly ip: string | null;
  /** Null where the design has no such network, or the network no CIDR. */
  readonly cidr: string | null;
  readonly dnsSuffix: string | null;
}

export interface NodeInterface {
  readonly name: string;
  readonly deviceLink: string | null;
  readonly slaves: readonly string[];
  readonly networks: readonly string[];
  readonly labels: Entries;
  readonly sriov: { readonly vfCount: number; readonly trustedMode: boolean } | null;
}

export interface OutOfBand {
  readonly type: string | null;
  readonly network: string | null;
  readonly account: string | null;
  /** A secret: never in an answer, a log or an error. */
  readonly credential: string | null;
  /** Every other key, as `libvirt_uri`. */
  readonly parameters: Entries;
}

export interface Platform {
  readonly image: string | null;
  readonly kernel: string | null;
  readonly kernelParams: Entries;
}

export interface FileSystem {
  readonly mountpoint: string | null;
  readonly type: string | null;
}

export interface Partition {
  readonly name: string;
  readonly size: string | null;
  readonly volumeGroup: string | null;
  readonly fileSystem: FileSystem | null;
}

export interface Disk {
  readonly name: string;
  readonly volumeGroup: string | null;
  readonly partitions: readonly Partition[];
}

export interface VolumeGroup {
  readonly name: string;
  readonly volumes: readonly Partition[];
}

export interface DesignNetwork {
  readonly name: string;
  readonly cidr: string | null;
  readonly vlan: string | null;
  readonly mtu: number | null;
  readonly dnsDomain: string | null;
  readonly routes: readonly { readonly subnet: string | null; readonly gateway: string | null }[];
  readonly ranges: readonly { readonly type: string; readonly start: string; readonly end: string }[];
}

export interface NetworkLink {
  readonly name: string;
  readonly bondingMode: string | null;
  readonly mtu: number | null;
  readonly trunkingMode: string;
  readonly defaultNetwork: string | null;
  readonly allowedNetworks: readonly string[];
}

export interface Rack {
  readonly name: string;
  readonly labels: Entries;
}

export const ASSET_TYPES = ['unit', 'file', 'pkg_list'] as const;
export type AssetType = (typeof ASSET_TYPES)[number];

export const LOCATION_SEGMENTS = ['template'] as const;
export type LocationSegment = (typeof LOCATION_SEGMENTS)[number];

export const DATA_SEGMENTS = ['base64_encode', 'template', 'base64_decode', 'utf8_encode', 'utf8_decode'] as const;
export type DataSegment = (typeof DATA_SEGMENTS)[number];

export interface BootAction {
  readonly name: string;
  /** Does the node report how it went? */
  readonly signaling: boolean;
  /** Names of the nodes it is for. */
  readonly targets: readonly string[];
  readonly assets: readonly BootAsset[];
}

export interface BootAsset {
  readonly type: AssetType;
  /** Where it goes on the node, word for word; null only for a package list. */
  readonly path: string | null;
  /** 0600 where the design states none. */
  readonly mode: number;
  /** Used where there is no `location`. */
  readonly data: string | null;
  readonly location: string | null;
  readonly locationPipeline: readonly LocationSegment[];
  readonly dataPipeline: readonly DataSegment[];
  /** Of a package list: names, and the version where one is asked for. */
  readonly packages: Entries<string | null>;
}

export function designNode({ nodes }: Design, name: string): DesignNode | undefined {
  return nodes.find((node) => node.name === name);
}

/** In the order of the document. */
export function bootActionsFor({ bootActions }: Design, nodeName: string): BootAction[] {
  return bootActions.filter(({ targets }) => targets.includes(nodeName));
}
