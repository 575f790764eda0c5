import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Origin, Principal } from '../../auth/principal.js';
import { Config } from '../../config/config.js';

/**
 * The one user of the original's `config.py` (contract; spec nodepool section 1.1): an operator in this dialect alone,
 * beside Slipway's own users.
 */
@Injectable()
export class ApiIdentity {
  private readonly expected: { readonly username: string; readonly digest: Buffer } | null;

  constructor({ values }: Config) {
    const { nodepoolApiUser: username, nodepoolApiPassword: password } = values;
    const isSet = username !== undefined && password !== undefined;
    this.expected = isSet ? { username, digest: digestOf(username, password) } : null;
  }

  /** Null when it is somebody else, or nobody. Takes as long whatever is wrong. */
  find(username: string, password: string, origin: Origin): Principal | null {
    if (this.expected === null || !timingSafeEqual(digestOf(username, password), this.expected.digest)) return null;
    return {
      userId: null,
      externalId: 'nodepool-api',
      username: this.expected.username,
      role: 'operator',
      tokenId: null,
      writeEnabled: true,
      ...origin,
      source: 'basic',
    };
  }
}

/** Hashed, so that neither lengths nor the first differing letter show in how long a comparison takes. */
function digestOf(username: string, password: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([username, password]))
    .digest();
}
