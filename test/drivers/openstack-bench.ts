import { mkdtemp, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OpenStackDriver } from '../../src/drivers/openstack/openstack-driver.js';
import type {
  ImageUpload,
  PoolError,
  PoolIo,
  PoolProvider,
  PoolProviderSettings,
  ServerWish,
} from '../../src/drivers/pool/pool-provider.js';
import { OpenStackDouble, USER } from './openstack-double.js';

export const TAGS = { nodepool_provider: 'cloud', nodepool_kind: 'node', nodepool_id: '7' };

export const WISH: ServerWish = {
  name: 'node-7',
  tags: TAGS,
  image: '11111111-2222-4333-8444-555555555555',
  minRam: 4_000,
  nameFilter: null,
  az: null,
  keypair: null,
  networks: [],
  pool: null,
  configDrive: false,
  host: null,
};

/** The driver on a double of a cloud, and what a spec does with it. */
export class OpenStackBench {
  readonly lines: string[] = [];
  readonly progress: [number, number][] = [];
  readonly abort = new AbortController();
  turns = 0;

  private constructor(
    readonly cloud: OpenStackDouble,
    readonly directory: string,
  ) {}

  static async start(): Promise<OpenStackBench> {
    return new OpenStackBench(await OpenStackDouble.start(), await mkdtemp(join(tmpdir(), 'slipway-openstack-')));
  }

  async stop(): Promise<void> {
    await this.cloud.close();
    await rm(this.directory, { recursive: true });
  }

  io(signal: AbortSignal = this.abort.signal): PoolIo {
    return {
      signal,
      log: (text) => void this.lines.push(text),
      turn: async () => void (this.turns += 1),
      progress: (done, total) => void this.progress.push([done, total]),
    };
  }

  settings(extra: Partial<PoolProviderSettings> = {}): PoolProviderSettings {
    return {
      name: 'cloud',
      driver: 'openstack',
      authUrl: `${this.cloud.url}/identity`,
      username: USER.name,
      password: USER.password,
      projectId: null,
      projectName: USER.project,
      userDomain: 'Default',
      projectDomain: 'default',
      regionName: 'one',
      apiTimeoutS: 30,
      nodes: [],
      directory: this.directory,
      fake: {},
      ...extra,
    };
  }

  open(extra: Partial<PoolProviderSettings> = {}): PoolProvider {
    return new OpenStackDriver().open(this.settings(extra));
  }

  /** The error of what must fail; never with a secret in it. */
  async failure(work: Promise<unknown>): Promise<PoolError> {
    const error = await work.then(
      () => Promise.reject(new Error('it did not fail')),
      (thrown: PoolError) => thrown,
    );
    for (const secret of [USER.password, ...this.cloud.tokens]) {
      if (error.message.includes(secret)) throw new Error('the error shows a secret');
    }
    return error;
  }

  async upload(bytes = 3_000_000): Promise<ImageUpload> {
    const file = join(this.directory, 'image.qcow2');
    await writeFile(file, randomBytes(bytes));
    return { name: 'image-7', file, format: 'qcow2', tags: { ...TAGS, nodepool_kind: 'image' } };
  }
}
