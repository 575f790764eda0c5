/** A device as a request names it: an id, or a string that is an id or a hostname. */
export type DeviceReference = number | string;

const LARGEST_ID = 2 ** 31 - 1;

/** What to ask the database for; a string of ASCII digits may be either (spec upgrade section 1.3). */
export function readReferences(references: readonly DeviceReference[]): { ids: number[]; hostnames: string[] } {
  const ids = new Set<number>();
  const hostnames = new Set<string>();
  for (const reference of references) {
    const id = idOf(reference);
    if (id !== undefined) ids.add(id);
    // PostgreSQL has no NUL in text, so no hostname can hold one.
    if (typeof reference === 'string' && !reference.includes('\0')) hostnames.add(reference);
  }
  return { ids: [...ids], hostnames: [...hostnames] };
}

/** Puts the found devices into the asked order: an id first, then a hostname; the first position of a device wins. */
export function placeReferences<D extends { readonly id: number; readonly hostname: string }>(
  references: readonly DeviceReference[],
  found: readonly D[],
): { devices: D[]; unknown: DeviceReference[] } {
  const byId = new Map(found.map((device) => [device.id, device]));
  const byHostname = new Map(found.map((device) => [device.hostname, device]));
  const devices = new Map<number, D>();
  const unknown = new Set<DeviceReference>();
  for (const reference of references) {
    const id = idOf(reference);
    const device =
      (id === undefined ? undefined : byId.get(id)) ??
      (typeof reference === 'string' ? byHostname.get(reference) : undefined);
    if (device === undefined) unknown.add(reference);
    else if (!devices.has(device.id)) devices.set(device.id, device);
  }
  return { devices: [...devices.values()], unknown: [...unknown] };
}

function idOf(reference: DeviceReference): number | undefined {
  const isId = typeof reference === 'number' ? Number.isInteger(reference) : /^[0-9]+$/.test(reference);
  const id = Number(reference);
  return isId && id >= 1 && id <= LARGEST_ID ? id : undefined;
}
