import { readdir, readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { create } from 'tar';
import { ActionError } from '../../common/errors.js';
import type { Device } from '../../drivers/device-driver.js';
import { quote } from '../../drivers/linux/shell-text.js';
import { SshConnection } from '../../drivers/ssh/ssh-connection.js';

export interface RemoteScript {
  readonly address: string;
  readonly port: number;
  readonly username: string;
  /** Path of a key file on our side. */
  readonly privateKeyFile: string;
  /** `script-dir`: copied to the host first; the script is run in the copy. */
  readonly folder: string | null;
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutS: number;
}

/** Where the scripts are on the host, below the login's home. */
const SCRIPTS = 'nodepool-scripts';
const MOST_BYTES = 64 * 1024 * 1024;

/** Runs a script on a new server over SSH; throws `ActionError` when it does not end well. */
export async function runRemoteScript(
  script: RemoteScript,
  io: { readonly signal: AbortSignal; log(text: string): void },
): Promise<void> {
  const connection = await SshConnection.open(await hostOf(script), {
    signal: io.signal,
    // A server that was made a moment ago: there is no key to compare with.
    learnHostKey: () => Promise.resolve(),
  });
  try {
    if (script.folder !== null) {
      const files = await archiveOf(script.folder);
      await expectSuccess(
        connection,
        `rm -rf ${SCRIPTS} && mkdir ${SCRIPTS} && tar -xf - -C ${SCRIPTS}`,
        120,
        io,
        files,
      );
    }
    const words = Object.entries(script.environment).map(([name, value]) => quote(`${name}=${value}`));
    const inFolder = script.folder === null ? script.command : `cd ${SCRIPTS} && PATH=.:$PATH && ${script.command}`;
    await expectSuccess(connection, ['env', ...words, 'sh', '-c', quote(inFolder)].join(' '), script.timeoutS, io);
  } finally {
    await connection.close();
  }
}

async function expectSuccess(
  connection: SshConnection,
  command: string,
  timeoutS: number,
  io: { log(text: string): void },
  input?: Buffer,
): Promise<void> {
  const result = await connection.exec(command, { timeoutMs: timeoutS * 1000, input });
  const lines = `${result.stdout}\n${result.stderr}`.split('\n').filter((line) => line.trim() !== '');
  for (const line of lines) io.log(line);
  if (result.code === 0) return;
  const end = result.code === null ? `signal ${result.signal}` : `exit code ${result.code}`;
  throw new ActionError(`The script ended with ${end}: ${lines.at(-1) ?? 'no output'}`, {
    code: 'script_failed',
    retryable: false,
  });
}

async function archiveOf(folder: string): Promise<Buffer> {
  try {
    const names = await readdir(folder);
    const archive = await buffer(create({ cwd: folder, portable: true }, names));
    if (archive.length <= MOST_BYTES) return archive;
  } catch (cause) {
    throw new ActionError(`The script-dir ${folder} cannot be read`, { code: 'no_scripts', retryable: false, cause });
  }
  throw new ActionError(`The script-dir ${folder} is larger than ${MOST_BYTES} bytes`, {
    code: 'no_scripts',
    retryable: false,
  });
}

async function hostOf(script: RemoteScript): Promise<Device> {
  return {
    id: 0,
    hostname: script.address,
    address: script.address,
    port: script.port,
    platform: 'linux',
    model: null,
    serial: null,
    version: null,
    username: script.username,
    password: null,
    secret: null,
    privateKey: await readKey(script.privateKeyFile),
    passphrase: null,
    hostKeyPolicy: 'off',
    hostKey: null,
    legacyAlgorithms: false,
    remoteDir: null,
    commands: {},
    simulation: {},
  };
}

async function readKey(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new ActionError(`The private-key ${path} cannot be read`, { code: 'no_key', retryable: false, cause });
  }
}
