import type { Disk, Entries, FileSystem, NodeInterface, Partition, VolumeGroup } from '../design.js';
import { fieldsOf, isFields } from '../documents/design-document.js';

/** What a HostProfile or a BaremetalNode says by itself: one layer of a host. Its data has passed the schema. */
export interface HostLayer {
  readonly parent: string | null;
  /** Of the keys in `SCALARS` (see `host-inheritance.ts`). */
  readonly scalars: Readonly<Record<ScalarKey, string | null>>;
  readonly oob: Entries;
  readonly labels: Entries;
  readonly kernelParams: Entries;
  readonly tags: readonly string[];
  /** A name that begins with `!` takes the inherited one away. */
  readonly interfaces: readonly NodeInterface[];
  readonly disks: readonly Disk[];
  readonly volumeGroups: readonly VolumeGroup[];
}

export const SCALAR_KEYS = ['hardwareProfile', 'primaryNetwork', 'oobType', 'rack', 'image', 'kernel'] as const;
export type ScalarKey = (typeof SCALAR_KEYS)[number];

type Fields = Readonly<Record<string, unknown>>;

export function readHostLayer(data: Fields): HostLayer {
  const oob = Object.entries(fieldsOf(data['oob']));
  const platform = fieldsOf(data['platform']);
  const metadata = fieldsOf(data['metadata']);
  const storage = fieldsOf(data['storage']);
  return {
    parent: textOf(data['host_profile']),
    scalars: {
      hardwareProfile: textOf(data['hardware_profile']),
      primaryNetwork: textOf(data['primary_network']),
      oobType: textOf(fieldsOf(data['oob'])['type']),
      rack: textOf(metadata['rack']),
      image: textOf(platform['image']),
      kernel: textOf(platform['kernel']),
    },
    oob: oob.filter(([key]) => key !== 'type').map(([key, value]) => [key, written(value)]),
    labels: textEntries(metadata['owner_data']),
    kernelParams: textEntries(platform['kernel_params']),
    tags: textsOf(metadata['tags']),
    interfaces: Object.entries(fieldsOf(data['interfaces'])).map(readInterface),
    disks: Object.entries(fieldsOf(storage['physical_devices'])).map(readDisk),
    volumeGroups: Object.entries(fieldsOf(storage['volume_groups'])).map(readVolumeGroup),
  };
}

function readInterface([name, raw]: [string, unknown]): NodeInterface {
  const fields = fieldsOf(raw);
  const sriov = fields['sriov'];
  return {
    name: raw === null ? `!${name}` : name,
    deviceLink: textOf(fields['device_link']),
    slaves: textsOf(fields['slaves']),
    networks: textsOf(fields['networks']),
    labels: textEntries(fields['labels']),
    sriov: isFields(sriov)
      ? { vfCount: numberOf(sriov['vf_count']) ?? 0, trustedMode: sriov['trustedmode'] === true }
      : null,
  };
}

function readDisk([name, raw]: [string, unknown]): Disk {
  const fields = fieldsOf(raw);
  const volumeGroup = textOf(fields['volume_group']);
  // A disk that is given to a volume group as a whole has no partitions, whatever is written.
  return { name, volumeGroup, partitions: volumeGroup === null ? listOf(fields['partitions']).map(readPartition) : [] };
}

function readVolumeGroup([name, raw]: [string, unknown]): VolumeGroup {
  return { name, volumes: listOf(fieldsOf(raw)['logical_volumes']).map(readPartition) };
}

function readPartition(raw: unknown): Partition {
  const fields = fieldsOf(raw);
  const { filesystem } = fields;
  return {
    name: textOf(fields['name']) ?? '',
    size: textOf(fields['size']),
    volumeGroup: textOf(fields['volume_group']),
    fileSystem: isFields(filesystem) ? readFileSystem(filesystem) : null,
  };
}

function readFileSystem(fields: Fields): FileSystem {
  return { mountpoint: textOf(fields['mountpoint']), type: textOf(fields['fstype']) };
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textsOf(value: unknown): string[] {
  return listOf(value).filter((item) => typeof item === 'string');
}

export function textEntries(value: unknown): Entries {
  return Object.entries(fieldsOf(value)).map(([key, item]) => [key, written(item)] as const);
}

function written(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
