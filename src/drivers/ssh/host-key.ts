import { createHash } from 'node:crypto';
import { DriverError } from '../device-driver.js';
import type { HostKeyPolicy } from '../device-driver.js';

/** `SHA256:…` without padding, as `ssh-keygen -lf` prints it. */
export function fingerprintOf(publicKey: Buffer): string {
  return `SHA256:${createHash('sha256').update(publicKey).digest('base64').replace(/=+$/, '')}`;
}

/** The key type an SSH public key blob names itself: a length, then that many characters. */
export function keyTypeOf(publicKey: Buffer): string {
  const length = publicKey.length >= 4 ? publicKey.readUInt32BE(0) : 0;
  const type = publicKey.toString('latin1', 4, 4 + Math.min(length, 64));
  return /^[\w@.-]+$/.test(type) ? type : 'unknown type';
}

export type HostKeyVerdict = 'accept' | 'learn' | DriverError;

/** Decides about the key a host offered (spec upgrade section 4.1, case 23); a refusal says what an operator can do. */
export function judgeHostKey(
  device: { readonly hostname: string; readonly hostKeyPolicy: HostKeyPolicy; readonly hostKey: string | null },
  offered: string,
  keyType: string,
): HostKeyVerdict {
  if (device.hostKeyPolicy === 'off') return 'accept';
  if (device.hostKey === null || device.hostKey === '') {
    if (device.hostKeyPolicy === 'tofu') return 'learn';
    return new DriverError(
      'host_key_unknown',
      `Host key unknown: ${device.hostname} offers ${offered} (${keyType}), and the policy "strict" needs a stored key. ` +
        "Compare it with the device, then store it as the device's host_key.",
    );
  }
  if (device.hostKey.replace(/=+$/, '') === offered) return 'accept';
  return new DriverError(
    'host_key_mismatch',
    `Host key mismatch: ${device.hostname} offers ${offered} (${keyType}), stored is ${device.hostKey}. ` +
      'No credentials were sent. If the device was really re-keyed or replaced, store the new host_key or clear it.',
  );
}
