import type { Tags } from '../../drivers/pool/pool-provider.js';

/** Whose a server or image is, as far as its tags tell; null when they do not: then it is not ours to touch. */
export interface Owner {
  readonly provider: string;
  readonly kind: 'node' | 'template' | 'image';
  readonly id: number;
}

export function tagsOf(owner: Owner): Tags {
  return {
    nodepool_provider: owner.provider,
    nodepool_kind: owner.kind,
    nodepool_id: String(owner.id),
  };
}

export function ownerOf(tags: Tags): Owner | null {
  const { nodepool_provider: provider, nodepool_kind: kind, nodepool_id: id } = tags;
  if (provider === undefined || id === undefined || !/^[1-9]\d{0,9}$/.test(id)) return null;
  if (kind !== 'node' && kind !== 'template' && kind !== 'image') return null;
  return { provider, kind, id: Number(id) };
}

/** Does it carry all that was wished? A provider may add tags of its own. */
export function hasTags(tags: Tags, wished: Tags): boolean {
  return Object.entries(wished).every(([name, value]) => tags[name] === value);
}
