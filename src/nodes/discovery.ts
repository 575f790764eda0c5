type Meta = Readonly<Record<string, unknown>>;

/** What operators read of a node that is new: processors, memory, disks, as Nailgun counts them (spec fuel section 3.10). */
export function discoveryMessage(meta: Meta): string {
  return `New node is discovered: ${processorsOf(meta)} CPUs / ${memoryOf(meta)} / ${disksOf(meta)}`;
}

/** The name of a node nobody named: the end of its MAC address. */
export function unnamed(mac: string): string {
  return `Untitled (${mac.slice(-5)})`;
}

function processorsOf(meta: Meta): string {
  const total = numberOf(meta['cpu'], 'total');
  return total === null ? 'unknown' : String(total);
}

/** Memory counts by 1024. */
function memoryOf(meta: Meta): string {
  const total = numberOf(meta['memory'], 'total');
  return total === null ? 'unknown RAM' : `${(total / 1024 ** 3).toFixed(1)} GB RAM`;
}

/** Disks count by 1000, as their makers do. */
function disksOf(meta: Meta): string {
  const disks = meta['disks'];
  if (!Array.isArray(disks)) return 'unknown HDD';
  const sizes = disks.map((disk: unknown) => numberOf(disk, 'size'));
  if (sizes.some((size) => size === null)) return 'unknown HDD';
  const gigabytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0) / 1000 ** 3;
  return gigabytes > 100 ? `${(gigabytes / 1000).toFixed(1)} TB HDD` : `${gigabytes.toFixed(1)} GB HDD`;
}

function numberOf(part: unknown, name: string): number | null {
  if (typeof part !== 'object' || part === null || !Object.hasOwn(part, name)) return null;
  const value = (part as Record<string, unknown>)[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
