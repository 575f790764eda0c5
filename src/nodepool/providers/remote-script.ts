import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { create } from 'tar';
import { ActionError } from '../../common/errors.js';
import { quote } from '../../drivers/linux/shell-text.js';
import type { ExecOptions } from '../../drivers/ssh/exec.js';
import { SshConnection } from '../../drivers/ssh/ssh-connection.js';
import type { SshHost } from '../../drivers/ssh/ssh-host.js';
import { storableText } from '../../orchestration/storable.js';

export interface RemoteScript {
  readonly address: string;
  readonly port: number;
  readonly username: string;
  /** Path of a key file on our side. */
  readonly privateKeyFile: string;
  /** `script-dir`: copied to the host first; the script is run in the copy. */
  readonly folder: string | null;
  /** Shell words; the host's name comes behind them. */
  readonly command: string;
  /** What the node is called. */
  readonly hostname: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutS: number;
}

type ScriptIo = { readonly signal: AbortSignal; log(text: string): void };

/** Where the scripts are on the host, below the login's home. */
const SCRIPTS = 'nodepool-scripts';
const MOST_BYTES = 64 * 1024 * 1024;
/** For the copy of the scripts. */
const COPY_S = 120;
/** Kept of what a script prints; of more, the beginning and the end. */
const MOST_OUTPUT = 64 * 1024;

/** Runs a script on a new server over SSH; throws `ActionError` when it does not end well. */
export async function runRemoteScript(script: RemoteScript, io: ScriptIo): Promise<void> {
  const connection = await SshConnection.open(await hostOf(script), {
    signal: io.signal,
    // Nobody can know the key of a server that was made a moment ago; which one it was may have to be known later.
    learnHostKey: (fingerprint) => Promise.resolve(io.log(`The new server's host key is ${fingerprint}`)),
  });
  try {
    const { folder, environment, timeoutS } = script;
    if (folder !== null) {
      const input = await archiveOf(folder);
      const unpack = `cd && rm -rf ${SCRIPTS} && mkdir ${SCRIPTS} && tar -xf - -C ${SCRIPTS}`;
      await expectSuccess(connection, 'The copy of the script-dir', unpack, { input, timeoutMs: COPY_S * 1000 }, io);
    }
    const words = Object.entries(environment).map(([name, value]) => quote(`${name}=${value}`));
    const begin = folder === null ? 'cd' : `cd && cd ${SCRIPTS} && PATH=.:$PATH`;
    // As the original's scripts expect it, the host's name is their first parameter (its doc/source/scripts.rst).
    const inFolder = `${begin} && ${script.command} ${quote(script.hostname)}`;
    const command = ['env', ...words, 'sh', '-c', quote(inFolder)].join(' ');
    await expectSuccess(connection, 'The script', command, { timeoutMs: timeoutS * 1000 }, io);
  } finally {
    await connection.close();
  }
}

async function expectSuccess(
  connection: SshConnection,
  what: string,
  command: string,
  options: ExecOptions,
  io: ScriptIo,
): Promise<void> {
  const result = await connection.exec(command, { ...options, maxOutput: MOST_OUTPUT });
  const lines = connection
    .redact(storableText(`${result.stdout}\n${result.stderr}`))
    .split('\n')
    .filter((line) => line.trim() !== '');
  for (const line of lines) io.log(line);
  if (result.code === 0) return;
  const end = result.code === null ? `signal ${result.signal}` : `exit code ${result.code}`;
  const lastWords = (lines.at(-1) ?? 'no output').slice(0, 500);
  throw new ActionError(`${what} ended with ${end}: ${lastWords}`, { code: 'script_failed', retryable: false });
}

async function archiveOf(folder: string): Promise<Buffer> {
  try {
    // Not by their names: one that begins with "@" would be taken for an archive, and none at all for a mistake.
    const archive = await buffer(create({ cwd: folder, portable: true }, ['.']));
    if (archive.length <= MOST_BYTES) return archive;
  } catch (cause) {
    throw new ActionError(`The script-dir ${folder} cannot be read`, { code: 'no_scripts', retryable: false, cause });
  }
  throw new ActionError(`The script-dir ${folder} is larger than ${MOST_BYTES} bytes`, {
    code: 'no_scripts',
    retryable: false,
  });
}

async function hostOf(script: RemoteScript): Promise<SshHost> {
  return {
    hostname: script.address,
    address: script.address,
    port: script.port,
    username: script.username,
    password: null,
    secret: null,
    privateKey: await readKey(script.privateKeyFile),
    passphrase: null,
    hostKeyPolicy: 'tofu',
    hostKey: null,
    legacyAlgorithms: false,
  };
}

async function readKey(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new ActionError(`The private-key ${path} cannot be read`, { code: 'no_key', retryable: false, cause });
  }
}
