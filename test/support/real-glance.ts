import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { hasKeystone, type RealKeystone } from './real-keystone.js';

const PYTHON = '/usr/bin/python3';
const MODULE = '/usr/lib/python3/dist-packages/glance/cmd/api.py';
const run = promisify(execFile);

/** Are OpenStack's own Keystone and Glance on this machine? Debian has them in `python3-keystone` and `python3-glance`. */
export function hasGlance(): boolean {
  return hasKeystone() && existsSync(MODULE);
}

/**
 * A real Glance on a loopback port that asks a real Keystone who calls. Its SQLite database and its store of files are
 * thrown away at the end. It stands in Keystone's catalog as the service of type `image`.
 */
export class RealGlance {
  private server: ChildProcess | null = null;
  private said = '';

  private constructor(
    private readonly directory: string,
    private readonly port: number,
  ) {}

  static async start(keystone: RealKeystone): Promise<RealGlance> {
    const directory = await mkdtemp(join(await realpath(tmpdir()), 'slipway-glance-'));
    const glance = new RealGlance(directory, await freePort());
    try {
      await keystone.addUser('glance', 'service secret', 'admin', 'service');
      await glance.register(keystone);
      await glance.configure(keystone);
      await run(PYTHON, glance.argumentsFor('glance.cmd.manage', 'db_sync'), glance.options);
      await glance.serve();
    } catch (error) {
      await glance.remove();
      throw error;
    }
    return glance;
  }

  /** As operators register it: without the API's version. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Where it keeps an image's bytes. */
  fileOf(id: string): string {
    return join(this.directory, 'images', id);
  }

  async remove(): Promise<void> {
    const { server } = this;
    if (server && server.exitCode === null && server.signalCode === null) {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGKILL');
      await ended;
    }
    await rm(this.directory, { recursive: true, force: true });
  }

  private get options() {
    const env = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', HOME: this.directory, PYTHONWARNINGS: 'ignore' };
    return { env, cwd: this.directory, timeout: 120_000 };
  }

  /** The package of the library has no commands: they are in another one, which would set up a service. */
  private argumentsFor(module: string, ...args: string[]): string[] {
    const program = `import sys; from ${module} import main; sys.argv[0] = 'glance'; main()`;
    return ['-c', program, '--config-file', join(this.directory, 'glance.conf'), ...args];
  }

  private async serve(): Promise<void> {
    const { env, cwd } = this.options;
    const server = spawn(PYTHON, this.argumentsFor('glance.cmd.api'), { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    this.server = server;
    for (const stream of [server.stdout, server.stderr]) {
      stream.on('data', (chunk: Buffer) => (this.said = (this.said + chunk.toString()).slice(-4_000)));
    }
    const end = Date.now() + 60_000;
    // Whatever it answers without a token: it listens.
    while (!(await fetch(this.url).catch(() => null))) {
      if (server.exitCode !== null || Date.now() > end) throw new Error(`glance does not start: ${this.said}`);
      await sleep(100);
    }
  }

  private async register(keystone: RealKeystone): Promise<void> {
    const asAdmin = { 'x-auth-token': await keystone.adminToken() };
    const { body } = await keystone.call(
      'POST',
      '/v3/services',
      { service: { type: 'image', name: 'glance' } },
      asAdmin,
    );
    const { id } = body?.['service'] as { id: string };
    const endpoint = { service_id: id, interface: 'public', url: this.url, region_id: 'RegionOne' };
    await keystone.call('POST', '/v3/endpoints', { endpoint }, asAdmin);
  }

  private async configure(keystone: RealKeystone): Promise<void> {
    const { directory } = this;
    await mkdir(join(directory, 'images'));
    await writeFile(
      join(directory, 'glance.conf'),
      [
        `[DEFAULT]\nbind_host = 127.0.0.1\nbind_port = ${this.port}\nworkers = 0\nuse_stderr = true`,
        'enabled_import_methods = []\napi_limit_max = 2',
        `[database]\nconnection = sqlite:///${directory}/glance.db`,
        `[glance_store]\nstores = file\ndefault_store = file\nfilesystem_store_datadir = ${directory}/images`,
        `[paste_deploy]\nflavor = keystone\nconfig_file = ${directory}/paste.ini`,
        `[oslo_policy]\npolicy_dirs = ${directory}/policy.d`,
        `[keystone_authtoken]\nauth_type = password\nauth_url = ${keystone.authUrl}\nwww_authenticate_uri = ${keystone.authUrl}`,
        'username = glance\npassword = service secret\nuser_domain_id = default',
        'project_name = service\nproject_domain_id = default',
        '',
      ].join('\n'),
    );
    await writeFile(join(directory, 'paste.ini'), PIPELINE);
  }
}

/** Glance's own pipeline for Keystone, as far as it concerns images. */
const PIPELINE = `
[pipeline:glance-api-keystone]
pipeline = authtoken context rootapp
[composite:rootapp]
paste.composite_factory = glance.api:root_app_factory
/: apiversions
/v2: apiv2app
[app:apiversions]
paste.app_factory = glance.api.versions:create_resource
[app:apiv2app]
paste.app_factory = glance.api.v2.router:API.factory
[filter:context]
paste.filter_factory = glance.api.middleware.context:ContextMiddleware.factory
[filter:authtoken]
paste.filter_factory = keystonemiddleware.auth_token:filter_factory
delay_auth_decision = true
`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
