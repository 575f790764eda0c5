import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestApp } from '../support/app.js';
import type { TestAnswer } from '../support/request.js';

export interface SiteNode {
  readonly name: string;
  readonly ip: string;
  readonly oob?: Readonly<Record<string, string>>;
}

type Document = readonly [kind: string, name: string, data: unknown];

const ROOT_PARTITION = { name: 'root', size: '30g', filesystem: { mountpoint: '/', fstype: 'ext4' } };

/** A site of one network, in Deckhand's form; JSON is YAML too. */
export function siteOf(nodes: readonly SiteNode[], bootActions: readonly Document[]): string {
  const documents: Document[] = [
    ['HardwareProfile', 'generic', { vendor: 'any', boot_mode: 'uefi', bootstrap_protocol: 'pxe', pxe_interface: 0 }],
    [
      'NetworkLink',
      'link',
      {
        bonding: { mode: 'disabled' },
        trunking: { mode: 'disabled', default_network: 'mgmt' },
        allowed_networks: ['mgmt'],
      },
    ],
    ['Network', 'mgmt', { cidr: '10.0.0.0/24', dns: { domain: 'lab.example.com', servers: '10.0.0.1' } }],
    [
      'HostProfile',
      'defaults',
      {
        hardware_profile: 'generic',
        primary_network: 'mgmt',
        interfaces: { eth0: { device_link: 'link', slaves: ['eth0'], networks: ['mgmt'] } },
        metadata: { owner_data: { zone: 'z1' } },
        storage: { physical_devices: { sda: { partitions: [ROOT_PARTITION] } } },
      },
    ],
    ...nodes.map(({ name, ip, oob }): Document => [
      'BaremetalNode',
      name,
      {
        host_profile: 'defaults',
        addressing: [{ network: 'mgmt', address: ip }],
        oob: { type: 'simulated', simulated_ms: '50', ...oob },
      },
    ]),
    ...bootActions,
  ];
  return documents
    .map(([kind, name, data]) =>
      JSON.stringify({ schema: `drydock/${kind}/v1`, metadata: { schema: 'metadata/Document/v1', name }, data }),
    )
    .map((document) => `---\n${document}\n`)
    .join('');
}

/** A boot action of one node, or of all. */
export function bootAction(name: string, node: string | null, assets: readonly unknown[], signaling = true): Document {
  const node_filter = node && { filter_set_type: 'union', filter_set: [{ filter_type: 'union', node_names: [node] }] };
  return ['BootAction', name, { signaling, ...(node_filter ? { node_filter } : {}), assets }];
}

/** Serves texts over HTTP, as a design's or an asset's location. */
export class TextServer {
  readonly asked: string[] = [];

  private constructor(
    private readonly server: Server,
    private readonly texts: Map<string, string>,
  ) {}

  static async start(): Promise<TextServer> {
    const server = createServer((request, response) => texts.serve(request, response));
    const texts: TextServer = new TextServer(server, new Map());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return texts;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  put(path: string, text: string): string {
    this.texts.set(path, text);
    return `${this.url}${path}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve({ url = '/' }: IncomingMessage, response: ServerResponse): void {
    this.asked.push(url);
    const text = this.texts.get(url.split('?', 1)[0]!);
    response.writeHead(text === undefined ? 404 : 200).end(text ?? 'no such text');
  }
}

export interface SiteTask {
  readonly task_id: string;
  readonly action: string;
  readonly status: string;
  readonly created_by: string;
  readonly result: {
    readonly status: string;
    readonly successes: readonly string[];
    readonly failures: readonly string[];
    readonly details: {
      readonly errorCount: number;
      readonly messageList: readonly { message: string; error: boolean }[];
    };
  };
  readonly subtask_id_list: readonly string[];
}

export interface HandOff {
  readonly node_name: string;
  readonly task_id: string;
  readonly identity_key: string;
  readonly tag: string;
  readonly files_url: string;
  readonly units_url: string;
}

/** The Keystone side as an administrator's client calls it. */
export class SiteClient {
  constructor(private readonly test: TestApp) {}

  call(method: string, path: string, payload?: unknown): Promise<TestAnswer> {
    return this.test.inject({
      method,
      url: `/api/v1.0${path}`,
      headers: { 'x-auth-token': this.test.adminToken },
      payload,
    });
  }

  async start(action: string, design_ref: string, names: readonly string[] | null = null): Promise<SiteTask> {
    const filter = { filter_set_type: 'union', filter_set: [{ filter_type: 'union', node_names: names }] };
    const answer = await this.call('POST', '/tasks', { action, design_ref, node_filter: names && filter });
    expect([answer.statusCode, answer.body]).toEqual([201, expect.any(String)]);
    return answer.json<SiteTask>();
  }

  async task(id: string): Promise<SiteTask> {
    return (await this.call('GET', `/tasks/${id}`)).json<SiteTask>();
  }

  /** The root first, then all below it. */
  async tree(id: string): Promise<SiteTask[]> {
    const { init_task_id: _root, ...tasks } = (await this.call('GET', `/tasks/${id}?layers=-1`)).json<
      Record<string, SiteTask>
    >();
    return Object.values(tasks);
  }

  async ended(id: string): Promise<SiteTask> {
    return until(`the end of ${id}`, async () => {
      const task = await this.task(id);
      return ['complete', 'terminated'].includes(task.status) ? task : null;
    });
  }

  /** As soon as there is a key to hand off. */
  async handOff(node: string, answersBefore: ReadonlySet<string> = new Set()): Promise<HandOff> {
    return until(`a key for ${node}`, async () => {
      const answer = await this.call('POST', `/nodes/${node}/bootkey`);
      if (answer.statusCode !== 200) return null;
      const handOff = answer.json<HandOff>();
      return answersBefore.has(handOff.task_id) ? null : handOff;
    });
  }
}

/** Whatever the load of the machine; the deadline only ends what would never come. */
export async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const deadline = Date.now() + 55_000;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within 55 s`);
    await sleep(100);
  }
}

/** A program as a node would run it; throws with what it said. */
export function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, [...args], { cwd, encoding: 'utf8', timeout: 55_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program}: ${error.message}\n${stdout}${stderr}`));
      else resolve(stdout);
    });
  });
}
