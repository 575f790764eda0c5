import type { EntityManager } from 'typeorm';
import type { PoolImage, PoolServer } from '../drivers/pool/pool-provider.js';

/** Who asked, as a batch records it. */
export interface Asker {
  readonly id: number | null;
  readonly name: string;
}

/**
 * What the API asks of the engine: each method records a wish in the caller's transaction, the work is a job's. All of them
 * may be repeated; a wish that is being fulfilled already is not recorded twice. They throw `NotFound` and `Conflict` with
 * the words of spec nodepool sections 1.5 and 1.6.
 */
export abstract class NodepoolWork {
  /** From any state to `delete`; whatever works on the node is stopped first, and its server goes before its row does. */
  abstract deleteNode(tx: EntityManager, id: number, by: Asker): Promise<void>;
  abstract deleteImage(tx: EntityManager, id: number, by: Asker): Promise<void>;
  abstract deleteDib(tx: EntityManager, id: number, by: Asker): Promise<void>;
  /** Returns the batch that builds it: a new one, or the one that is at it already. `name` is a `diskimages[].name`. */
  abstract buildDib(tx: EntityManager, name: string, by: Asker): Promise<string>;
  /** Uploads the newest ready build, or queues behind the one that is being built. `name` as in `uploadTargets`. */
  abstract uploadDib(tx: EntityManager, name: string, provider: string, by: Asker): Promise<string>;
  /** A new snapshot, or build and upload where the image is a disk image. `image` is a `providers[].images[].name`. */
  abstract updateImage(tx: EntityManager, image: string, provider: string, by: Asker): Promise<string>;
  /** True when the batch has ended within the time; the work goes on either way. */
  abstract waitFor(batchId: string, ms: number, signal?: AbortSignal): Promise<boolean>;
  /** Servers of the providers' accounts that no row of ours stands for: one entry per provider asked. */
  abstract alienServers(providers: readonly string[]): Promise<Aliens<PoolServer>[]>;
  /** Images there that carry our tags and have no row. */
  abstract alienImages(providers: readonly string[]): Promise<Aliens<PoolImage>[]>;
}

export interface Aliens<T> {
  readonly provider: string;
  readonly found: readonly T[];
  /** Why the provider could not be asked, without a secret; null when it was. */
  readonly problem: string | null;
}
