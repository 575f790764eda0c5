import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const MANAGE = '/usr/bin/keystone-manage';
const SERVE = '/usr/bin/keystone-wsgi-public';
const run = promisify(execFile);

/** Is OpenStack's own Keystone on this machine? Debian has it in `python3-keystone`; specs that need it are else skipped. */
export function hasKeystone(): boolean {
  return existsSync(MANAGE) && existsSync(SERVE);
}

/**
 * A real Keystone on a loopback port with an SQLite database and keys of its own, thrown away at the end. It has the user
 * `admin` in the project `admin`, and the roles admin, member and reader. Its server takes one request at a time.
 */
export class RealKeystone {
  static readonly ADMIN_PASSWORD = 'keystone admin';
  private server: ChildProcess | null = null;
  private administrator: Promise<string> | null = null;
  /** Of projects and roles, which stay. */
  private readonly ids = new Map<string, string>();

  private constructor(
    /** A fresh directory, removed by `remove`. */
    readonly directory: string,
    readonly port: number,
  ) {}

  static async start(): Promise<RealKeystone> {
    const directory = await mkdtemp(join(await realpath(tmpdir()), 'slipway-keystone-'));
    const keystone = new RealKeystone(directory, await freePort());
    try {
      await keystone.prepare();
      await keystone.serve();
    } catch (error) {
      await keystone.remove();
      throw error;
    }
    return keystone;
  }

  /** Where clients log in: the root, to which they add `/v3`. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get authUrl(): string {
    return `${this.url}/v3`;
  }

  /** Starts it again after `stop`, on the same port with all it knew. */
  async serve(): Promise<void> {
    const args = ['--host', '127.0.0.1', '--port', String(this.port), '--', ...this.configuration];
    const server = spawn(SERVE, args, { env: this.environment, stdio: ['ignore', 'pipe', 'pipe'] });
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      const said: string[] = [];
      // Both streams are read on for the server's whole life: a full pipe would stop it.
      for (const stream of [server.stdout, server.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          if (said.length < 200) said.push(line);
          if (line.startsWith('Available at')) resolve();
        });
      }
      server.once('error', reject);
      server.once('exit', (code) => reject(new Error(`keystone ended with ${code}: ${said.join('\n')}`)));
    });
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (server?.exitCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    // It has no state outside its database.
    server.kill('SIGKILL');
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** A token of this user, who belongs to the default domain; without a project it is not for one. */
  async token(username: string, password: string, project?: string): Promise<string> {
    const domain = { id: 'default' };
    const auth = {
      identity: { methods: ['password'], password: { user: { name: username, password, domain } } },
      scope: project === undefined ? 'unscoped' : { project: { name: project, domain } },
    };
    const { headers } = await this.call('POST', '/v3/auth/tokens', { auth });
    return headers.get('x-subject-token') ?? '';
  }

  /** One and the same, for an hour. */
  adminToken(): Promise<string> {
    this.administrator ??= this.token('admin', RealKeystone.ADMIN_PASSWORD, 'admin');
    return this.administrator;
  }

  /** A call of its API; throws where it does not succeed. The answer's body as JSON, null where it has none. */
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return {
      headers: response.headers,
      body: (text === '' ? null : JSON.parse(text)) as Record<string, unknown> | null,
    };
  }

  /** A user with one role in one project, which is made where it is missing. The user's id. */
  async addUser(username: string, password: string, role: string | null, project: string): Promise<string> {
    const asAdmin = { 'x-auth-token': await this.adminToken() };
    const create = async (kind: string, fields: object): Promise<string> => {
      const { body } = await this.call(
        'POST',
        `/v3/${kind}s`,
        { [kind]: { domain_id: 'default', ...fields } },
        asAdmin,
      );
      return idIn(body?.[kind]);
    };
    const find = async (kind: string, name: string): Promise<string | undefined> => {
      const known = this.ids.get(`${kind} ${name}`);
      if (known !== undefined) return known;
      const { body } = await this.call('GET', `/v3/${kind}s?name=${encodeURIComponent(name)}`, undefined, asAdmin);
      const [found] = (body?.[`${kind}s`] ?? []) as unknown[];
      if (found === undefined) return undefined;
      this.ids.set(`${kind} ${name}`, idIn(found));
      return idIn(found);
    };
    const projectId = (await find('project', project)) ?? (await create('project', { name: project }));
    const userId = await create('user', { name: username, password });
    if (role !== null) {
      const roleId = await find('role', role);
      await this.call('PUT', `/v3/projects/${projectId}/users/${userId}/roles/${roleId}`, undefined, asAdmin);
    }
    return userId;
  }

  private get configuration(): string[] {
    return ['--config-file', join(this.directory, 'keystone.conf')];
  }

  /** Nothing of this machine's own Keystone, should it have one. */
  private get environment(): NodeJS.ProcessEnv {
    return { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', HOME: this.directory, OS_KEYSTONE_CONFIG_DIR: this.directory };
  }

  private async prepare(): Promise<void> {
    const { directory } = this;
    for (const folder of ['fernet', 'credential', 'policy.d']) await mkdir(join(directory, folder), { mode: 0o700 });
    await writeFile(
      join(directory, 'keystone.conf'),
      [
        `[DEFAULT]\nuse_stderr = true`,
        `[database]\nconnection = sqlite:///${directory}/keystone.db`,
        `[token]\nprovider = fernet`,
        `[fernet_tokens]\nkey_repository = ${directory}/fernet`,
        `[credential]\nkey_repository = ${directory}/credential`,
        `[oslo_policy]\npolicy_dirs = ${directory}/policy.d`,
        // A revoked token has to be revoked at once, or a test could not tell whose cache it sees.
        `[cache]\nenabled = false`,
        // The cheapest that bcrypt takes.
        `[identity]\npassword_hash_rounds = 4`,
        '',
      ].join('\n'),
    );
    const manage = (...args: string[]) =>
      run(MANAGE, [...this.configuration, ...args], { env: this.environment, timeout: 120_000 });
    await manage('db_sync');
    // Keystone leaves readers open for a while: they must not lock its next write out.
    const wal = `import sqlite3; sqlite3.connect('${directory}/keystone.db').execute('pragma journal_mode=wal')`;
    await run('/usr/bin/python3', ['-c', wal]);
    const { stdout: group } = await run('id', ['-gn']);
    await manage('fernet_setup', '--keystone-user', userInfo().username, '--keystone-group', group.trim());
    await manage(
      'bootstrap',
      '--bootstrap-password',
      RealKeystone.ADMIN_PASSWORD,
      '--bootstrap-public-url',
      this.authUrl,
      '--bootstrap-internal-url',
      this.authUrl,
      '--bootstrap-admin-url',
      this.authUrl,
      '--bootstrap-region-id',
      'RegionOne',
    );
  }
}

function idIn(value: unknown): string {
  const { id } = (value ?? {}) as { id?: unknown };
  if (typeof id !== 'string') throw new Error('keystone answered something without an id');
  return id;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
