import type { Tags } from '../pool-provider.js';

export interface FakeServerRow {
  readonly id: string;
  readonly name: string;
  /** Why it goes to `error` instead of coming up. */
  readonly failed: string | null;
  readonly az: string | null;
  readonly tags: Tags;
  readonly image: string | null;
  readonly activeAt: Date;
  /** Its end was asked for, and comes then. */
  readonly goneAt: Date | null;
}

export interface FakeImageRow {
  readonly id: string;
  readonly name: string;
  readonly tags: Tags;
  readonly sizeBytes: number;
  readonly sha256: string | null;
  readonly activeAt: Date;
}

export type FakeCall =
  | 'list-servers'
  | 'get-server'
  | 'create-server'
  | 'delete-server'
  | 'list-images'
  | 'get-image'
  | 'upload-image'
  | 'snapshot-server'
  | 'delete-image';

/** Which calls can be told to fail. */
export type FakeFailureKind = 'create' | 'boot' | 'delete' | 'upload';

/** Where the fake cloud keeps what a real one would: outside this process, so that it survives a restart. */
export abstract class FakeCloudStore {
  abstract listServers(provider: string): Promise<FakeServerRow[]>;
  /** Null also for one that is gone. */
  abstract findServer(provider: string, id: string): Promise<FakeServerRow | null>;
  /** Servers that are not gone. */
  abstract countServers(provider: string): Promise<number>;
  /** False, and none added, when the provider has `limit` servers already; null: no limit. */
  abstract addServer(provider: string, server: FakeServerRow, limit: number | null): Promise<boolean>;
  /** Only if its end was not asked for before. */
  abstract endServer(provider: string, id: string, goneAt: Date): Promise<void>;
  abstract listImages(provider: string): Promise<FakeImageRow[]>;
  abstract addImage(provider: string, image: FakeImageRow): Promise<void>;
  abstract removeImage(provider: string, id: string): Promise<void>;
  /** Notes a call, for whoever wants to know what a provider was asked. */
  abstract noteCall(provider: string, call: FakeCall, subject: string | null): Promise<void>;
  /** True while fewer than `limit` were taken; a limit of 0 starts the count anew. */
  abstract takeFailure(provider: string, kind: FakeFailureKind, limit: number): Promise<boolean>;
}
