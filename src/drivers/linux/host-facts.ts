/** Free bytes from `df -PB1 <dir>` or `df -Pk <dir>`: the header names the block size (spec upgrade section 5.5). */
export function parseFreeBytes(output: string): number | null {
  const lines = output.trim().split('\n');
  const block = /\b(\d+)-blocks\b/.exec(lines[0] ?? '')?.[1];
  // A file system's name may hold blanks, so the columns are counted from the first run of three numbers.
  const free = /\s\d+\s+\d+\s+(\d+)\s+(?:\d+%|-)\s/.exec(lines[lines.length - 1] ?? '')?.[1];
  if (block === undefined || free === undefined) return null;
  return Number(block) * Number(free);
}

/** `btime` of `/proc/stat`: when the kernel booted. */
export function parseBootTime(seconds: string | undefined): Date | null {
  return seconds !== undefined && /^\d{1,12}$/.test(seconds) ? new Date(Number(seconds) * 1000) : null;
}

/** The version a `verify` command printed: exactly one line. A list of versions says nothing about which one runs. */
export function parseVersionLine(output: string): string | null {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.length === 1 && (lines[0]?.length ?? 0) <= 200 ? (lines[0] ?? null) : null;
}

/** Lines `key=value`; a later line wins. */
export function parseKeyValues(output: string): Map<string, string> {
  const pairs = output.split('\n').flatMap((line): [string, string][] => {
    const at = line.indexOf('=');
    return at > 0 ? [[line.slice(0, at), line.slice(at + 1).trim()]] : [];
  });
  return new Map(pairs);
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
