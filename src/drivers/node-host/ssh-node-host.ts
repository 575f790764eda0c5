import { createHash } from 'node:crypto';
import { DriverError } from '../device-driver.js';
import { parseKeyValues } from '../linux/host-facts.js';
import { outcomeOf } from '../linux/linux-host.js';
import type { ExecOptions } from '../ssh/exec.js';
import { SshConnection, type SshOptions } from '../ssh/ssh-connection.js';
import {
  EXITS,
  factsScript,
  forgetScript,
  haltScript,
  lookScript,
  startScript,
  uploadScript,
  type HostPlaces,
} from './host-scripts.js';
import {
  NodeHostDriver,
  type CommandLook,
  type CommandStart,
  type HostCommand,
  type HostFacts,
  type HostFile,
  type NodeHost,
  type NodeHostIo,
  type NodeHostSession,
} from './node-host-driver.js';

export interface SshNodeHostOptions extends SshOptions {
  /** What makes the host go down and come back. */
  readonly rebootCommand?: string;
  readonly bootIdFile?: string;
}

/** The pause lets this command's own end be told before the network goes. */
const REBOOT = 'sleep 1; systemctl reboot || shutdown -r now || reboot';
const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';

/** Nodes over OpenSSH: any Linux with the small tools of util-linux and coreutils (or busybox). */
export class SshNodeHostDriver extends NodeHostDriver {
  readonly name = 'ssh';

  constructor(private readonly options: SshNodeHostOptions = {}) {
    super();
  }

  async open(host: NodeHost, io: NodeHostIo): Promise<NodeHostSession> {
    if (host.address === '') throw new DriverError('unreachable', `${host.name} has no address to log in at`);
    const target = { ...host, hostname: host.name, secret: null, legacyAlgorithms: false };
    const connection = await SshConnection.open(target, io, this.options);
    const { rebootCommand = REBOOT, bootIdFile = BOOT_ID_FILE } = this.options;
    return new SshNodeSession(connection, { nodeId: host.id, bootIdFile }, rebootCommand);
  }
}

class SshNodeSession implements NodeHostSession {
  constructor(
    private readonly connection: SshConnection,
    private readonly places: HostPlaces,
    private readonly rebootCommand: string,
  ) {}

  async facts(): Promise<HostFacts> {
    const facts = parseKeyValues(await this.run('look at the host', factsScript(this.places)));
    const [hostname, system, bootId] = ['hostname', 'system', 'boot'].map((name) => facts.get(name) ?? '');
    if (!bootId) throw new DriverError('unsupported', 'The host tells no boot id: it is no Linux');
    return { hostname: hostname ?? '', system: system ?? '', bootId };
  }

  async start(command: HostCommand): Promise<CommandStart> {
    assertToken(command.token);
    const script = startScript(this.places, command);
    const said = (await this.run('start a command', script, { input: command.script })).trim();
    if (said === 'started' || said === 'known' || said === 'busy') return said;
    throw new DriverError('command_rejected', `The host answered ${JSON.stringify(said.slice(0, 200))} to a start`);
  }

  async look(token: string, fromByte: number): Promise<CommandLook> {
    assertToken(token);
    const output = await this.run('look after a command', lookScript(this.places, token, fromByte));
    return readLook(output, fromByte, this.connection.redact);
  }

  async halt(token: string | null): Promise<readonly string[]> {
    if (token !== null) assertToken(token);
    const output = await this.run('end commands', haltScript(this.places, token), { timeoutMs: 120_000 });
    return output.split('\n').filter((line) => line !== '');
  }

  async forget(): Promise<void> {
    await this.run('tidy up', forgetScript(this.places));
  }

  async upload(file: HostFile): Promise<void> {
    const sha256 = createHash('sha256').update(file.data).digest('hex');
    await this.run(`write ${file.path}`, uploadScript(file, sha256), { input: file.data, timeoutMs: 240_000 });
  }

  reboot(token: string): Promise<CommandStart> {
    return this.start({ token, script: this.rebootCommand, cwd: '/', environment: {} });
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  private async run(what: string, script: string, options: ExecOptions = {}): Promise<string> {
    const result = await this.connection.exec(script, options);
    if (result.code === 0) return result.stdout;
    const why = this.connection.redact(outcomeOf(result));
    if (result.code === EXITS.noTools) {
      throw new DriverError('unsupported', `The host has no ${result.stderr.trim() || 'tools'}, which Slipway needs`);
    }
    // Nothing was begun: the rest of the input was lost with the connection.
    if (result.code === EXITS.cutShort) throw new DriverError('connection_lost', `Could not ${what}: cut short`);
    if (result.code === EXITS.isDirectory) throw new DriverError('command_rejected', `Could not ${what}: a directory`);
    throw new DriverError('command_rejected', `Could not ${what}: ${why}`);
  }
}

/** It becomes the name of a directory. */
function assertToken(token: string): void {
  if (!/^[A-Za-z0-9_-]{1,100}$/.test(token)) throw new DriverError('invalid_name', 'Not a token');
}

/** Of a command that still runs, only lines that are whole: a secret must not slip through in two halves. */
export function readLook(output: string, fromByte: number, redact: (text: string) => string): CommandLook {
  const [head = '', body = ''] = splitOnce(output, '\n\n');
  const seen = parseKeyValues(head);
  const state = seen.get('state');
  if (state !== 'running' && state !== 'ended' && state !== 'lost') {
    return { state: 'absent', exitCode: null, lines: [], nextByte: fromByte };
  }
  const bytes = Buffer.from(body.replace(/\s/g, ''), 'base64');
  const isLast = state !== 'running' && fromByte + bytes.length >= Number(seen.get('size') || 0);
  const wholeLines = bytes.lastIndexOf(0x0a) + 1;
  // A line longer than one look is taken in pieces.
  const taken = isLast || wholeLines === 0 ? bytes : bytes.subarray(0, wholeLines);
  const isPartial = !isLast && wholeLines === 0 && bytes.length < LONGEST_LINE;
  const kept = isPartial ? bytes.subarray(0, 0) : taken;
  const exit = seen.get('exit') ?? '';
  return {
    // There is more to read before its end is told.
    state: isLast || state === 'running' ? state : 'running',
    exitCode: /^\d+$/.test(exit) ? Number(exit) : null,
    lines: linesOf(redact(kept.toString('utf8'))),
    nextByte: fromByte + kept.length,
  };
}

const LONGEST_LINE = 32_768;

function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at === -1 ? [text.trimEnd(), ''] : [text.slice(0, at), text.slice(at + by.length)];
}
