import type { CheckResult, Device, DeviceImage } from '../device-driver.js';
import { megabytes } from './host-facts.js';
import { HASH_ALGORITHMS } from './linux-host.js';
import type { LinuxHost } from './linux-host.js';
import { quote } from './shell-text.js';

/** More than the image itself: the file system needs some, and so does what else runs there (spec section 3.1). */
const SPACE_PERCENT = 110;

export function judgeIdentity(device: Device, hostname: string): CheckResult {
  const isSame = shortName(hostname) === shortName(device.hostname);
  // Only a warning: hosts are often listed under another name, and the host key already says which host it is.
  return isSame
    ? { name: 'identity', status: 'pass', message: `The host calls itself ${hostname}` }
    : {
        name: 'identity',
        status: 'warning',
        message: `The host calls itself ${hostname}, the inventory ${device.hostname}`,
      };
}

function shortName(name: string): string {
  return name.toLowerCase().split('.')[0] ?? '';
}

export interface Space {
  readonly free: number;
  readonly imageBytes: number;
  /** What is there already, of the image or its first part. */
  readonly alreadyThere: number;
  /** What a clean-up would free; null when it is not allowed. */
  readonly removable: number | null;
}

export function judgeSpace(space: Space): CheckResult {
  const needed = Math.max(0, Math.ceil((space.imageBytes * SPACE_PERCENT) / 100) - space.alreadyThere);
  const numbers = `${needed} bytes needed (${megabytes(needed)}), ${space.free} free (${megabytes(space.free)})`;
  if (space.alreadyThere >= space.imageBytes)
    return { name: 'space', status: 'pass', message: 'The image is already there' };
  if (space.free >= needed) return { name: 'space', status: 'pass', message: numbers };
  if (space.removable !== null && space.free + space.removable >= needed) {
    return { name: 'space', status: 'warning', message: `${numbers}; a clean-up frees ${space.removable}` };
  }
  const attempt = space.removable === null ? '' : `; a clean-up would free only ${space.removable}`;
  return { name: 'space', status: 'fail', message: `${numbers}${attempt}` };
}

export async function checkDirectory(host: LinuxHost): Promise<CheckResult> {
  const directory = await host.directory();
  const probe = quote(`${directory}/.slipway-probe`);
  const result = await host.connection.exec(`mkdir -p -- ${quote(directory)} && : > ${probe} && rm -f -- ${probe}`);
  return result.code === 0
    ? { name: 'directory', status: 'pass', message: `${directory} can be written` }
    : {
        name: 'directory',
        status: 'fail',
        message: `${directory} cannot be written: ${result.stderr.trim().slice(0, 300)}`,
      };
}

export async function checkHashes(host: LinuxHost, image: DeviceImage): Promise<CheckResult> {
  const tools = await host.hashTools();
  if (tools.length === 0) {
    return { name: 'hash tool', status: 'fail', message: 'The host has none of sha512sum, sha256sum, md5sum' };
  }
  const common = HASH_ALGORITHMS.find((algorithm) => image[algorithm] !== null && tools.includes(algorithm));
  if (common !== undefined) return { name: 'hash tool', status: 'pass', message: `${common}sum` };
  return image.read === null
    ? { name: 'hash tool', status: 'fail', message: 'The image has no hash that the host can check' }
    : {
        name: 'hash tool',
        status: 'warning',
        message: `No recorded hash fits; the stored image is hashed with ${tools[0]}`,
      };
}
