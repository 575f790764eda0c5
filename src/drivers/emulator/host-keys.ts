import { generateKeyPairSync } from 'node:crypto';
import ssh2 from 'ssh2';
import { fingerprintOf } from '../ssh/host-key.js';

/** A private key for an SSH server. An elliptic one takes a millisecond, so every emulated switch has its own. */
export function newHostKey(type: 'ecdsa' | 'rsa'): string {
  // Not the SSH library's own generator: about one in a hundred of its Ed25519 keys it cannot read again.
  const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;
  if (type === 'ecdsa') {
    const privateKeyEncoding = { type: 'sec1', format: 'pem' } as const;
    return generateKeyPairSync('ec', { namedCurve: 'P-256', privateKeyEncoding, publicKeyEncoding }).privateKey;
  }
  const privateKeyEncoding = { type: 'pkcs1', format: 'pem' } as const;
  return generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding, publicKeyEncoding }).privateKey;
}

/** The fingerprint of a private key's public half, as `ssh-keygen -lf` prints it. */
export function fingerprintOfPrivate(privateKey: string): string {
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  return fingerprintOf(parsed.getPublicSSH());
}
