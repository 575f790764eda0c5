import type { Disk, Entries, FileSystem, NodeInterface, Partition, VolumeGroup } from '../design.js';
import { type HostLayer, SCALAR_KEYS, type ScalarKey } from './host-layer.js';

/** What a child makes of an inherited value: `!` stands for "none" (spec drydock section 7.2). */
const NONE = new Set(['!', '-1']);

/** A host's layer over its parent's: the child's word counts, and `!` takes away what is inherited. */
export function inherit(child: HostLayer, parent: HostLayer): HostLayer {
  const scalars = SCALAR_KEYS.map((key) => [key, scalar(child.scalars[key], parent.scalars[key])] as const);
  return {
    parent: child.parent,
    scalars: Object.fromEntries(scalars) as Record<ScalarKey, string | null>,
    oob: mergedEntries(child.oob, parent.oob),
    labels: mergedEntries(child.labels, parent.labels),
    kernelParams: mergedEntries(child.kernelParams, parent.kernelParams),
    tags: mergedTexts(child.tags, parent.tags),
    interfaces: mergedByName(child.interfaces, parent.interfaces, mergedInterface),
    disks: mergedByName(child.disks, parent.disks, mergedDisk),
    volumeGroups: mergedByName(child.volumeGroups, parent.volumeGroups, mergedVolumeGroup),
  };
}

/** Above all layers: nothing is inherited from it, and the marks of its child come off. */
export const NOTHING: HostLayer = {
  parent: null,
  scalars: { hardwareProfile: null, primaryNetwork: null, oobType: null, rack: null, image: null, kernel: null },
  oob: [],
  labels: [],
  kernelParams: [],
  tags: [],
  interfaces: [],
  disks: [],
  volumeGroups: [],
};

function scalar(child: string | null, parent: string | null): string | null {
  if (child === null) return parent;
  return NONE.has(child) ? null : child;
}

/** The parent's first, each where it stood; a key `!k` takes k away. */
function mergedEntries(child: Entries, parent: Entries): Entries {
  const removed = new Set(child.map(([key]) => key).filter((key) => key.startsWith('!')));
  const merged = new Map(parent.filter(([key]) => !removed.has(`!${key}`)));
  for (const [key, value] of child) if (!key.startsWith('!')) merged.set(key, value);
  return [...merged];
}

/** The child's first. */
function mergedTexts(child: readonly string[], parent: readonly string[]): string[] {
  const said = new Set(child);
  const own = child.filter((item) => !item.startsWith('!'));
  return [...new Set([...own, ...parent.filter((item) => !said.has(`!${item}`))])];
}

/** The parent's first, each with what the child says of it, then the child's own. */
function mergedByName<T extends { readonly name: string }>(
  child: readonly T[],
  parent: readonly T[],
  merge: (child: T, parent: T) => T,
): T[] {
  const said = new Map(child.map((item) => [item.name, item]));
  const inherited = parent
    .filter(({ name }) => !said.has(`!${name}`))
    .map((item) => {
      const own = said.get(item.name);
      return own === undefined ? item : merge(own, item);
    });
  const known = new Set(parent.map(({ name }) => name));
  return [...inherited, ...child.filter(({ name }) => !known.has(name) && !name.startsWith('!'))];
}

/** Upstream loses `sriov` here, when both have the interface; we keep it (spec drydock section 7.2). */
function mergedInterface(child: NodeInterface, parent: NodeInterface): NodeInterface {
  return {
    name: child.name,
    deviceLink: scalar(child.deviceLink, parent.deviceLink),
    slaves: mergedTexts(child.slaves, parent.slaves),
    networks: mergedTexts(child.networks, parent.networks),
    labels: mergedEntries(child.labels, parent.labels),
    sriov: child.sriov ?? parent.sriov,
  };
}

function mergedDisk(child: Disk, parent: Disk): Disk {
  const volumeGroup = scalar(child.volumeGroup, child.partitions.length > 0 ? null : parent.volumeGroup);
  const partitions = volumeGroup === null ? mergedByName(child.partitions, parent.partitions, mergedPartition) : [];
  return { name: child.name, volumeGroup, partitions };
}

function mergedVolumeGroup(child: VolumeGroup, parent: VolumeGroup): VolumeGroup {
  return { name: child.name, volumes: mergedByName(child.volumes, parent.volumes, mergedPartition) };
}

function mergedPartition(child: Partition, parent: Partition): Partition {
  return {
    name: child.name,
    size: scalar(child.size, parent.size),
    volumeGroup: scalar(child.volumeGroup, parent.volumeGroup),
    fileSystem: mergedFileSystem(child.fileSystem, parent.fileSystem),
  };
}

function mergedFileSystem(child: FileSystem | null, parent: FileSystem | null): FileSystem | null {
  if (child === null || parent === null) return child ?? parent;
  return { mountpoint: scalar(child.mountpoint, parent.mountpoint), type: scalar(child.type, parent.type) };
}
