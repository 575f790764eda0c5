import { posix } from 'node:path';

export interface ArchiveEntry {
  readonly path: string;
  readonly type: string;
  readonly linkpath?: string;
}

const TYPES: ReadonlySet<string> = new Set(['File', 'OldFile', 'ContiguousFile', 'Directory', 'SymbolicLink', 'Link']);

/**
 * Decides whether an entry of an image may be unpacked: null, or why not. Only files, folders and links that stay in the
 * folder. A link may go up only at its beginning, from a place that is known to be inside: then following it, through any
 * other such link, ends inside too.
 */
export function whyRefused(entry: ArchiveEntry): string | null {
  const name = JSON.stringify(entry.path);
  if (!TYPES.has(entry.type)) return `${name} is a ${entry.type}, which an image may not hold`;
  if (entry.path.includes('\0') || entry.path === '') return 'an entry has no proper name';
  if (posix.isAbsolute(entry.path)) return `${name} is an absolute path`;
  if (partsOf(entry.path).includes('..')) return `${name} leads out of the image`;
  if (entry.type === 'Link') return whyHardLinkRefused(name, entry.linkpath ?? '');
  if (entry.type === 'SymbolicLink') return whyLinkRefused(name, entry.path, entry.linkpath ?? '');
  return null;
}

/** Of the archive's top: `./init` and `init` are the same. */
export function isTopLevel(entry: ArchiveEntry, name: string): boolean {
  const parts = partsOf(entry.path);
  return parts.length === 1 && parts[0] === name;
}

/** A hard link's target is named from the archive's top. */
function whyHardLinkRefused(name: string, target: string): string | null {
  const isOutside = posix.isAbsolute(target) || partsOf(target).includes('..') || target === '';
  return isOutside ? `${name} links to ${JSON.stringify(target)}, outside the image` : null;
}

function whyLinkRefused(name: string, path: string, target: string): string | null {
  const outside = `${name} links to ${JSON.stringify(target)}, outside the image`;
  if (target === '' || posix.isAbsolute(target)) return outside;
  const parts = partsOf(target);
  const firstDown = parts.findIndex((part) => part !== '..');
  const ups = firstDown === -1 ? parts.length : firstDown;
  if (parts.slice(ups).includes('..')) return outside;
  return ups > partsOf(path).length - 1 ? outside : null;
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
