import { generateKeyPairSync } from 'node:crypto';
import ssh2 from 'ssh2';
import { fingerprintOf } from '../ssh/host-key.js';

/** A private key for an SSH server. Ed25519 takes less than a millisecond, so every emulated switch has its own. */
export function newHostKey(type: 'ed25519' | 'rsa'): string {
  if (type === 'ed25519') return ssh2.utils.generateKeyPairSync('ed25519').private;
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
}

/** The fingerprint of a private key's public half, as `ssh-keygen -lf` prints it. */
export function fingerprintOfPrivate(privateKey: string): string {
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error) throw parsed;
  return fingerprintOf(parsed.getPublicSSH());
}
