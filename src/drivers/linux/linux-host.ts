import { posix } from 'node:path';
import { DriverError } from '../device-driver.js';
import type { ExecOptions, ExecResult } from '../ssh/exec.js';
import type { SftpClient } from '../ssh/sftp-client.js';
import type { SshConnection } from '../ssh/ssh-connection.js';
import { parseFreeBytes } from './host-facts.js';
import { formatManifest, MANIFEST, parseManifest } from './image-manifest.js';
import type { ManifestEntry } from './image-manifest.js';
import { quote, resolveDirectory } from './shell-text.js';

export type HashAlgorithm = 'sha512' | 'sha256' | 'md5';
export const HASH_ALGORITHMS: readonly HashAlgorithm[] = ['sha512', 'sha256', 'md5'];
export const CURRENT_LINK = 'current';

/** What the driver asks of a host, each by a command with an exit code (spec upgrade section 5.5). */
export class LinuxHost {
  private directoryPath: string | null = null;
  private sftpClient: SftpClient | null = null;
  private tools: HashAlgorithm[] | null = null;

  constructor(
    readonly connection: SshConnection,
    private readonly remoteDir: string | null,
  ) {}

  /** Runs a command that must succeed. */
  async run(command: string, options: ExecOptions = {}): Promise<string> {
    const result = await this.connection.exec(command, options);
    if (result.code === 0) return result.stdout;
    throw new DriverError('command_rejected', this.connection.redact(`${what(command)}: ${outcomeOf(result)}`));
  }

  async sftp(): Promise<SftpClient> {
    this.sftpClient ??= await this.connection.sftp();
    return this.sftpClient;
  }

  /** The absolute path of the images' directory; it need not be there yet. */
  async directory(): Promise<string> {
    if (this.directoryPath === null) {
      const home = (await this.run('cd && pwd')).trim();
      this.directoryPath = resolveDirectory(this.remoteDir, home);
    }
    return this.directoryPath;
  }

  async ensureDirectory(): Promise<string> {
    const directory = await this.directory();
    await this.run(`mkdir -p -- ${quote(directory)}`);
    return directory;
  }

  async pathOf(filename: string): Promise<string> {
    return posix.join(await this.directory(), filename);
  }

  /** Size of a regular file; null when there is none. A directory or link of that name is neither. */
  async sizeOf(path: string): Promise<number | null> {
    const stats = await (await this.sftp()).lstat(path);
    return stats?.isFile() ? stats.size : null;
  }

  async freeBytes(): Promise<number> {
    const directory = quote(await this.directory());
    const output = await this.run(`df -PB1 -- ${directory} 2>/dev/null || df -Pk -- ${directory}`);
    const free = parseFreeBytes(output);
    if (free === null) throw new DriverError('command_rejected', `df printed no free space: ${output.slice(0, 200)}`);
    return free;
  }

  /** Which hash programs the host has, the strongest first. */
  async hashTools(): Promise<HashAlgorithm[]> {
    if (this.tools === null) {
      const tries = HASH_ALGORITHMS.map(
        (algorithm) => `command -v ${algorithm}sum >/dev/null 2>&1 && echo ${algorithm}`,
      );
      const found = (await this.run(`${tries.join('; ')}; true`)).split('\n');
      this.tools = HASH_ALGORITHMS.filter((algorithm) => found.includes(algorithm));
    }
    return this.tools;
  }

  /** Hash of a file, or of its first `bytes` only. Ten minutes and what a slow disk needs on top. */
  async hashOf(path: string, algorithm: HashAlgorithm, bytes?: number): Promise<string> {
    const size = bytes ?? (await this.sizeOf(path)) ?? 0;
    const command =
      bytes === undefined ? `${algorithm}sum < ${quote(path)}` : `head -c ${bytes} < ${quote(path)} | ${algorithm}sum`;
    const output = await this.run(command, { timeoutMs: 600_000 + size / 10_000 });
    const hash = /^([0-9a-f]{32,128})\b/.exec(output.trim())?.[1];
    if (hash === undefined) throw new DriverError('command_rejected', `${algorithm}sum printed no hash`);
    return hash;
  }

  /** Where `current` points, as it was written; null when there is no such link. */
  async currentLink(): Promise<string | null> {
    const result = await this.connection.exec(`readlink -- ${quote(await this.pathOf(CURRENT_LINK))}`);
    return result.code === 0 ? result.stdout.replace(/\n$/, '') : null;
  }

  /** A link's target as an absolute path. */
  async resolveLink(target: string): Promise<string> {
    return posix.resolve(await this.directory(), target);
  }

  async manifest(): Promise<ManifestEntry[]> {
    const result = await this.connection.exec(`cat -- ${quote(await this.pathOf(MANIFEST))}`);
    return result.code === 0 ? parseManifest(result.stdout) : [];
  }

  /** The version recorded for a file, as long as it still is the file that was recorded; else null. */
  async recordedVersion(path: string): Promise<string | null> {
    const entry = (await this.manifest()).find(({ filename }) => posix.join(posix.dirname(path), filename) === path);
    const algorithm = HASH_ALGORITHMS.find((name) => entry?.hash.startsWith(`${name}:`));
    if (!entry || !algorithm || (await this.sizeOf(path)) === null) return null;
    return entry.hash === `${algorithm}:${await this.hashOf(path, algorithm)}` ? entry.version : null;
  }

  async writeManifest(entries: readonly ManifestEntry[]): Promise<void> {
    const path = quote(await this.pathOf(MANIFEST));
    const temporary = quote(`${await this.pathOf(MANIFEST)}.new`);
    await this.run(`cat > ${temporary} && mv -f -- ${temporary} ${path}`, { input: formatManifest(entries) });
  }
}

export function outcomeOf(result: ExecResult): string {
  const ending = result.code === null ? `ended by ${result.signal ?? 'a signal'}` : `exit code ${result.code}`;
  const said = (result.stderr.trim() || result.stdout.trim()).slice(-500);
  return said === '' ? ending : `${ending}: ${said}`;
}

function what(command: string): string {
  return command.length > 120 ? `${command.slice(0, 120)}…` : command;
}
