import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ActionError } from '../../common/errors.js';
import { DesignResolver, type FetchOptions } from '../locations/design-resolver.js';
import type { Design } from './design.js';
import { frozen } from './frozen.js';
import { PinnedDesigns } from './pinned-designs.service.js';
import { failed, type LoadedDesign, readDesign, unreadable } from './read-design.js';

const FETCHING = 'The design reference leads to nothing that can be read.';

/** Designs by reference, as they are now, and by digest, as they were. */
@Injectable()
export class DesignsService {
  constructor(
    private readonly resolver: DesignResolver,
    private readonly kept: PinnedDesigns,
  ) {}

  /** Fetches, reads and checks it. What is wrong with a design or its reference is in the answer, not thrown. */
  async load(ref: string, { signal }: FetchOptions): Promise<LoadedDesign> {
    let bytes: Buffer;
    try {
      bytes = await this.resolver.fetch(ref, { signal });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ActionError)) throw error;
      return failed('fetch', [unreadable(error.message, FETCHING)]);
    }
    return frozen(await readDesign(bytes, signal));
  }

  /** See `PinnedDesigns.pin`. */
  pin(tx: EntityManager, design: Design): Promise<string> {
    return this.kept.pin(tx, design);
  }

  /** See `PinnedDesigns.pinned`. */
  pinned(digest: string, tx?: EntityManager): Promise<Design> {
    return this.kept.pinned(digest, tx);
  }

  /** See `PinnedDesigns.prune`. */
  prune(tx: EntityManager): Promise<number> {
    return this.kept.prune(tx);
  }
}
