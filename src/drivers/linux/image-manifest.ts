import { SAFE_FILENAME } from '../device-driver.js';

/** The list of images Slipway keeps beside them on the host: only what is listed here as pushed may ever be removed. */
export const MANIFEST = '.slipway-images';

export interface ManifestEntry {
  readonly filename: string;
  readonly version: string;
  /** `sha512:<hex>`, or with another algorithm; what the file must be to count as that version. */
  readonly hash: string;
  /** `found`: it was there already, so it is somebody else's. */
  readonly origin: 'pushed' | 'found';
}

/** One image a line: origin, file name, version, hash, separated by tabs. Lines of another form are somebody's mistake: skipped. */
export function parseManifest(text: string): ManifestEntry[] {
  const entries = new Map<string, ManifestEntry>();
  for (const line of text.split('\n')) {
    const [origin, filename = '', version = '', hash = ''] = line.split('\t');
    if ((origin !== 'pushed' && origin !== 'found') || !SAFE_FILENAME.test(filename)) continue;
    entries.set(filename, { filename, version: version.trim(), hash: hash.trim(), origin });
  }
  return [...entries.values()];
}

export function formatManifest(entries: readonly ManifestEntry[]): string {
  return entries
    .map((entry) => `${[entry.origin, entry.filename, entry.version.replace(/\s+/g, ' '), entry.hash].join('\t')}\n`)
    .join('');
}

/** A file that was pushed once stays Slipway's own, also when a later job only finds it there. */
export function withEntry(entries: readonly ManifestEntry[], entry: ManifestEntry): ManifestEntry[] {
  const before = entries.find(({ filename }) => filename === entry.filename);
  const origin = before?.origin === 'pushed' ? 'pushed' : entry.origin;
  return [...entries.filter(({ filename }) => filename !== entry.filename), { ...entry, origin }];
}

export interface FileInDirectory {
  readonly name: string;
  readonly isRegular: boolean;
  readonly sizeBytes: number;
}

/**
 * What a clean-up may remove: regular files Slipway pushed (or began to push) that are not in `keep` (spec upgrade
 * section 3.2). Everything else in the directory is not ours to judge.
 */
export function removable(
  entries: readonly ManifestEntry[],
  files: readonly FileInDirectory[],
  keep: ReadonlySet<string>,
): FileInDirectory[] {
  const ours = new Set(entries.filter(({ origin }) => origin === 'pushed').map(({ filename }) => filename));
  return files.filter(({ name, isRegular }) => {
    if (!isRegular || !SAFE_FILENAME.test(name) || keep.has(name)) return false;
    return (
      ours.has(name) ||
      (name.endsWith('.part') && ours.has(name.slice(0, -'.part'.length)) && !keep.has(name.slice(0, -5)))
    );
  });
}
