import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { stringify } from 'yaml';
import { parseSettings, type SettingValues } from '../../../src/config/settings.js';
import { startTestApp, type TestApp } from '../../support/app.js';
import type { TestDatabase } from '../../support/database.js';
import type { TestAnswer } from '../../support/request.js';

export interface DrydockOptions {
  /** `all` works through the queue as well; without it nothing runs behind the test's back. */
  readonly role?: 'all' | 'api' | 'worker';
  readonly config?: Partial<SettingValues>;
  readonly database?: TestDatabase;
}

/** The application with two ways to give it designs, and the administrator's requests. Paths are below `/api/v1.0`. */
export interface Drydock {
  readonly test: TestApp;
  readonly files: DesignFiles;
  readonly web: DesignWeb;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<TestAnswer>;
  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<TestAnswer>;
  delete(path: string, headers?: Readonly<Record<string, string>>): Promise<TestAnswer>;
  /** Starts a task that has to be accepted, and answers its id. */
  start(action: string, designRef: string, nodeFilter?: unknown): Promise<string>;
  task(id: string): Promise<TaskWire>;
  /** Waits until the task is complete or terminated. */
  ended(id: string): Promise<TaskWire>;
  /** A new key for the node's deployment. */
  key(hostname: string): Promise<{ identity_key: string; task_id: string; files_url: string; units_url: string }>;
  close(): Promise<void>;
}

export interface TaskWire {
  readonly task_id: string;
  readonly action: string;
  readonly status: string;
  readonly parent_task_id: string | null;
  readonly subtask_id_list: string[];
  readonly retry: number;
  readonly terminate: boolean;
  readonly terminated_by: string | null;
  readonly result: {
    readonly status: string;
    readonly message: string | null;
    readonly reason: string | null;
    readonly successes: string[];
    readonly failures: string[];
    readonly details: { readonly errorCount: number; readonly messageList: MessageWire[] };
  };
}

export interface MessageWire {
  readonly message: string;
  readonly error: boolean;
  readonly context_type: string;
  readonly context: string;
  readonly ts: string;
  readonly extra: Record<string, unknown>;
}

export async function startDrydock(options: DrydockOptions = {}): Promise<Drydock> {
  const files = new DesignFiles();
  const web = await DesignWeb.open();
  const { drydockLocationAllow } = parseSettings({ DRYDOCK_LOCATION_ALLOW: '127.0.0.1' });
  const config = {
    role: options.role ?? 'all',
    drydockDesignRoots: [files.root],
    drydockLocationAllow,
    ...options.config,
  };
  const test = await startTestApp({ config, database: options.database });
  const send = (method: string, path: string, payload: unknown, headers: Readonly<Record<string, string>>) =>
    test.inject({ method, url: `/api/v1.0${path}`, payload, headers: { 'x-auth-token': test.adminToken, ...headers } });
  const drydock: Drydock = {
    test,
    files,
    web,
    get: (path, headers = {}) => send('GET', path, undefined, headers),
    post: (path, body, headers = {}) => send('POST', path, body, headers),
    delete: (path, headers = {}) => send('DELETE', path, undefined, headers),
    async start(action, designRef, nodeFilter = null) {
      const body = { action, design_ref: designRef, node_filter: nodeFilter };
      return expectStatus(await drydock.post('/tasks', body), 201).json<TaskWire>().task_id;
    },
    task: async (id) => expectStatus(await drydock.get(`/tasks/${id}`), 200).json<TaskWire>(),
    ended: (id) =>
      until(
        () => drydock.task(id),
        ({ status }) => status === 'complete' || status === 'terminated',
      ),
    key: async (hostname) => expectStatus(await drydock.post(`/nodes/${hostname}/bootkey`), 200).json(),
    async close() {
      await test.close();
      await web.close();
      files.remove();
    },
  };
  return drydock;
}

function expectStatus(answer: TestAnswer, status: number): TestAnswer {
  if (answer.statusCode === status) return answer;
  throw new Error(`${answer.statusCode} instead of ${status}: ${answer.body}`);
}

/** Asks until it is so; the machine may be slow, so it only gives up after a minute. */
export async function until<T>(ask: () => Promise<T>, isSo: (value: T) => boolean, seconds = 60): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const value = await ask();
    if (isSo(value)) return value;
    if (Date.now() > end) throw new Error(`Not so after ${seconds} s: ${JSON.stringify(value)}`);
    await delay(50);
  }
}

/** A folder that `file://` designs may be read from. */
export class DesignFiles {
  readonly root = mkdtempSync(join(tmpdir(), 'slipway-designs-'));

  write(name: string, text: string | Uint8Array): string {
    const path = join(this.root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return pathToFileURL(path).href;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A web server on this machine with designs and assets; what it has not is a 404. */
export class DesignWeb {
  readonly requests: IncomingMessage[] = [];
  private readonly texts = new Map<string, string | Uint8Array>();

  private constructor(private readonly server: Server) {}

  static async open(): Promise<DesignWeb> {
    const server = createServer();
    const web = new DesignWeb(server);
    server.on('request', (request, response) => {
      web.requests.push(request);
      const text = web.texts.get((request.url ?? '').split('?')[0] ?? '');
      response.statusCode = text === undefined ? 404 : 200;
      response.end(text ?? 'nothing here');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return web;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** `/design.yaml`; answers the address it now has. */
  put(path: string, text: string | Uint8Array): string {
    this.texts.set(path, text);
    return `${this.origin}${path}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export interface NodeWish {
  readonly name: string;
  /** What stands under `oob`; fast and simulated unless stated. */
  readonly oob?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly rack?: string;
}

export interface DesignWish {
  readonly nodes: readonly NodeWish[];
  /** The `data` of BootActions, by their names. */
  readonly bootActions?: Readonly<Record<string, object>>;
}

/** A boot action of one script, for all nodes. */
export function scriptAction(path = '/var/tmp/hello.sh', data = '#!/bin/sh\necho hello\n'): object {
  return { assets: [{ type: 'file', path, permissions: '555', data, data_pipeline: ['utf8_decode'] }] };
}

/** The text of a site's design, in Deckhand's format: as small as one can be that validates (spec drydock section 7.2). */
export function designText({ nodes, bootActions = {} }: DesignWish): string {
  const documents = [
    ['HardwareProfile', 'plain', { vendor: 'none' }],
    ['NetworkLink', 'wire', { trunking: { mode: 'disabled', default_network: 'mgmt' }, allowed_networks: ['mgmt'] }],
    ['Network', 'mgmt', { cidr: '10.0.0.0/24', mtu: 1500, dns: { domain: 'lab.example.com', servers: '10.0.0.1' } }],
    ['HostProfile', 'base', PROFILE],
    ...nodes.map((node, index) => ['BaremetalNode', node.name, nodeData(node, index)]),
    ...Object.entries(bootActions).map(([name, data]) => ['BootAction', name, data]),
  ] as const;
  return documents
    .map(([kind, name, data]) => stringify({ schema: `drydock/${kind}/v1`, metadata: { name }, data }))
    .join('---\n');
}

const PROFILE = {
  hardware_profile: 'plain',
  primary_network: 'mgmt',
  storage: {
    physical_devices: {
      sda: { partitions: [{ name: 'root', size: '30g', filesystem: { mountpoint: '/', fstype: 'ext4' } }] },
    },
  },
  interfaces: { eth0: { device_link: 'wire', slaves: ['eth0'], networks: ['mgmt'] } },
};

function nodeData({ oob, tags, labels, rack }: NodeWish, index: number): object {
  return {
    host_profile: 'base',
    oob: oob ?? { type: 'simulated', simulated_ms: '50' },
    addressing: [{ network: 'mgmt', address: `10.0.0.${index + 11}` }],
    metadata: { ...(rack && { rack }), ...(tags && { tags }), ...(labels && { owner_data: labels }) },
  };
}
