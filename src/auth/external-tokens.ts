import { Injectable } from '@nestjs/common';
import type { Role } from './principal.js';

/** A user who is kept elsewhere, as the service there describes them. */
export interface ExternalUser {
  /** The other service's own id of the user. */
  readonly id: string;
  readonly username: string;
  /** Null where the token is good and gives no role here. */
  readonly role: Role | null;
  /** The roles the token gives, by the names they have there. */
  readonly roleNames: readonly string[];
}

/** Somebody who can be asked about tokens that are not ours. */
export interface TokenSource {
  /** Null: no such token, or no longer. Throws `Unavailable` where the question cannot be answered just now. */
  identify(key: string): Promise<ExternalUser | null>;
}

/** Where tokens that Slipway did not make are looked up; nowhere, unless a floor above registers a source. */
@Injectable()
export class ExternalTokens {
  private source: TokenSource | null = null;

  register(source: TokenSource): void {
    this.source = source;
  }

  async identify(key: string): Promise<ExternalUser | null> {
    return this.source === null ? null : this.source.identify(key);
  }
}
