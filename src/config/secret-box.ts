import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from './config.js';
import { readOrCreateSecretFile } from './secret-file.js';
import { InvalidSettings } from './settings.js';

const VERSION = 'v1';
const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Fixed: every process must come to the same key, and the setting alone decides it. */
const SALT = 'slipway secret box v1';
const SCRYPT = { N: 1 << 14, r: 8, p: 1 };

/** A stored secret that this process's key does not open, or that was altered. Says nothing about its content. */
export class UnreadableSecret extends Error {
  constructor() {
    super('a stored secret cannot be read: it was encrypted with another SLIPWAY_SECRET_KEY, or it is damaged');
    this.name = 'UnreadableSecret';
  }
}

/**
 * Encrypts what must be used again in clear (device passwords, private keys) before it is stored. The text it makes
 * begins with a version, so that the way it is made may change without touching what is stored.
 */
export class SecretBox {
  private derived: Buffer | undefined;

  constructor(private readonly secretKey: string) {
    if (secretKey === '') throw new Error('a SecretBox needs a key');
  }

  encrypt(text: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.key, iv);
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return `${VERSION}:${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`;
  }

  /** Throws `UnreadableSecret`. */
  decrypt(stored: string): string {
    const [version, packed] = stored.split(':', 2);
    const bytes = Buffer.from(packed ?? '', 'base64url');
    if (version !== VERSION || bytes.length < IV_BYTES + TAG_BYTES) throw new UnreadableSecret();
    const decipher = createDecipheriv(CIPHER, this.key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    try {
      const opened = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
      return opened.toString('utf8');
    } catch {
      throw new UnreadableSecret();
    }
  }

  /** Slow on purpose (the setting may be a pass phrase), so made once and only when needed. */
  private get key(): Buffer {
    this.derived ??= scryptSync(this.secretKey, SALT, 32, SCRYPT);
    return this.derived;
  }
}

/**
 * The key to use: the setting, or with the embedded database one made on the first start and kept beside it. With
 * DATABASE_URL there is no place for such a file that all processes share, so the setting is demanded.
 */
export function resolveSecretKey(config: Config): string {
  const { secretKey, databaseUrl } = config.values;
  if (secretKey !== undefined) return secretKey;
  if (databaseUrl === undefined) return readOrCreateSecretFile(join(config.dataDir, 'secret-key'));
  throw new InvalidSettings([
    'SLIPWAY_SECRET_KEY must be set when DATABASE_URL is set: it encrypts stored passwords, ' +
      'and every process on that database needs the same one',
  ]);
}
