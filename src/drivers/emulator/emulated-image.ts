/**
 * Which version an image installs. A real box reads it from the signed package; an emulated one from a first line in
 * the bytes, `SLIPWAY-EMULATED-IOSXE 17.09.04a`, or, where that is missing, from a file name such as
 * `cat9k_iosxe.17.09.04a.SPA.bin`.
 */
const MAGIC = 'SLIPWAY-EMULATED-IOSXE';

export const HEADER_BYTES = 128;

/** Bytes of an image for emulated switches: the header line, then filling that differs from version to version. */
export function emulatedImage(version: string, sizeBytes: number): Buffer {
  const header = `${MAGIC} ${version}\n`;
  const image = Buffer.alloc(Math.max(sizeBytes, header.length), header);
  // One byte in every 4096 depends on its place, so that a shifted or repeated block changes the hash.
  for (let offset = 4096; offset < image.length; offset += 4096) image[offset] = (offset / 4096) % 251;
  return image;
}

/** The zero-padded release an image installs, or null when it is no image at all. */
export function versionOfImage(head: Buffer, filename: string): string | null {
  const firstLine = head.toString('latin1').split('\n', 1)[0] ?? '';
  if (firstLine.startsWith(`${MAGIC} `)) return firstLine.slice(MAGIC.length + 1).trim();
  return /[._](\d+\.\d+\.\d+[a-z]?)(?:\.|$)/.exec(filename)?.[1] ?? null;
}

/** `17.09.04a` as the second line of `show version` has it: `17.9.4a`. */
export function unpadded(version: string): string {
  return version.replace(/(^|\.)0+(?=\d)/g, '$1');
}
