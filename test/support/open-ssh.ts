import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { utils } from 'ssh2';
import { fingerprintOf } from '../../src/drivers/ssh/host-key.js';

const PLACES = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/opt/homebrew/sbin/sshd', '/sbin/sshd'];

/** The OpenSSH server of this machine, or null: specs that need it are then skipped. */
export function findSshd(): string | null {
  return PLACES.find((place) => existsSync(place)) ?? null;
}

/**
 * A real OpenSSH server on a free loopback port with its own configuration and keys, which lets in the user who runs
 * the tests, by key only (spec upgrade section 4.4). Works as root and as an ordinary user. `environment`: what its
 * commands get, so that one machine may play several hosts with a HOME each.
 */
export class OpenSsh {
  private constructor(
    private readonly server: ChildProcess,
    /** A fresh directory for the test's files; removed at the end. */
    readonly directory: string,
    readonly port: number,
    readonly username: string,
    readonly privateKey: string,
    readonly fingerprint: string,
  ) {}

  static async start(sshd: string, environment: Readonly<Record<string, string>> = {}): Promise<OpenSsh> {
    // Through the real path: a sub-directory of a linked temporary directory would print another name.
    const directory = await mkdtemp(join(await realpath(tmpdir()), 'slipway-sshd-'));
    // Not ed25519: the library makes about three broken ones in a thousand (leading zeros cut off).
    const hostKey = utils.generateKeyPairSync('ecdsa', { bits: 256 });
    const login = utils.generateKeyPairSync('ecdsa', { bits: 256 });
    const port = await freePort();
    await writeFile(join(directory, 'host_key'), hostKey.private, { mode: 0o600 });
    await writeFile(join(directory, 'authorized_keys'), `${login.public}\n`, { mode: 0o600 });
    await writeFile(join(directory, 'sshd_config'), configuration(directory, port, environment));
    // As root the server insists on this directory, which only its own start script would make.
    if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    const server = spawn(sshd, ['-D', '-e', '-f', join(directory, 'sshd_config')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    await listening(server);
    const fingerprint = fingerprintOf(publicKeyOf(hostKey.public));
    return new OpenSsh(server, directory, port, userInfo().username, login.private, fingerprint);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.server.once('exit', resolve));
    if (this.server.exitCode === null && this.server.kill()) await ended;
    await rm(this.directory, { recursive: true, force: true });
  }
}

function configuration(directory: string, port: number, environment: Readonly<Record<string, string>>): string {
  const variables = Object.entries(environment).map(([name, value]) => ` "${name}=${value}"`);
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(directory, 'host_key')}`,
    `AuthorizedKeysFile ${join(directory, 'authorized_keys')}`,
    `PidFile ${join(directory, 'sshd.pid')}`,
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'StrictModes no',
    'MaxStartups 100',
    // bash then believes it is not the first shell and leaves the user's ~/.bashrc alone: tests must not depend on it.
    `SetEnv SHLVL=1${variables.join('')}`,
    'Subsystem sftp internal-sftp',
    '',
  ].join('\n');
}

function publicKeyOf(line: string): Buffer {
  return Buffer.from(line.split(' ')[1] ?? '', 'base64');
}

function listening(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    server.once('error', reject);
    server.once('exit', (code) => reject(new Error(`sshd ended with ${code}: ${said.join('\n')}`)));
    if (!server.stderr) return reject(new Error('sshd has no output'));
    // Read on for its whole life: a full pipe would stop the server.
    createInterface({ input: server.stderr }).on('line', (line) => {
      if (said.length < 50) said.push(line);
      if (/^Server listening on 127\.0\.0\.1/.test(line)) resolve();
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
