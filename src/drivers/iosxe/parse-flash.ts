/** Reads of the file system (spec upgrade section 5.1). */

export interface FlashFileRow {
  readonly name: string;
  readonly size: number;
}

export interface DirListing {
  readonly files: readonly FlashFileRow[];
  readonly totalBytes: number | null;
  readonly freeBytes: number | null;
}

export function parseDir(text: string): DirListing {
  const rows = text.matchAll(/^\s*\d+\s+-[rwx-]{3}\s+(\d+)\s+\S.*?[+-]\d\d:\d\d\s+(\S+)\s*$/gm);
  const totals = /(\d+) bytes total \((\d+) bytes free\)/.exec(text);
  return {
    files: [...rows].map(([, size, name]) => ({ name: name ?? '', size: Number(size) })),
    totalBytes: totals ? Number(totals[1]) : null,
    freeBytes: totals ? Number(totals[2]) : null,
  };
}

export function isNoSuchFile(text: string): boolean {
  return /No such file or directory/i.test(text) || /^No files in directory/m.test(text);
}

/** Free bytes of every flash of the box: the active one's and each stack member's. */
export function parseFlashSystems(text: string): Map<string, number> {
  const free = new Map<string, number>();
  for (const [, bytes, prefixes] of text.matchAll(/^\s*\*?\s*\d+\s+(\d+)\s+disk\s+\S+\s+(\S.*?)\s*$/gm)) {
    for (const prefix of (prefixes ?? '').split(/\s+/)) {
      if (/^(?:stby-)?(?:boot)?flash(?:-\d+)?:$/.test(prefix)) free.set(prefix, Number(bytes));
    }
  }
  return free;
}

/** The hash that `verify /md5` computed. The echo may hold a hash too, so only what follows `=` counts. */
export function parseVerify(text: string): string | null {
  return (
    /^(?:verify \/\w+ \(\S+\)|Verified \(\S+\)|Computed signature)\s*=\s*([0-9a-f]{32,128})\s*$/im
      .exec(text)?.[1]
      ?.toLowerCase() ?? null
  );
}
