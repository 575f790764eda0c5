import type { HostKeyPolicy } from '../device-driver.js';
import type { NodeSimulation } from './simulated-node.js';

/**
 * The port to a cluster's node: a machine that commands are run on. A command is known by its token and belongs to the
 * host once it is started: it goes on when the connection or the whole control plane dies, and whoever comes back asks
 * what became of it. Nothing is ever started twice under one token, and nothing beside a command that still runs.
 */
export abstract class NodeHostDriver {
  /** The word in a node's `driver` field. */
  abstract readonly name: string;
  abstract open(host: NodeHost, io: NodeHostIo): Promise<NodeHostSession>;
}

/** What a driver needs to reach a node. Secrets are in clear here and must never be logged or thrown. */
export interface NodeHost {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly username: string | null;
  readonly password: string | null;
  /** OpenSSH private key and its passphrase. */
  readonly privateKey: string | null;
  readonly passphrase: string | null;
  readonly hostKeyPolicy: HostKeyPolicy;
  readonly hostKey: string | null;
  readonly simulation: NodeSimulation;
}

export interface NodeHostIo {
  readonly signal: AbortSignal;
  /** `tofu`: remembers the key of a first contact. */
  learnHostKey(fingerprint: string): Promise<void>;
}

export interface HostFacts {
  readonly hostname: string;
  /** Kernel's name and release. */
  readonly system: string;
  /** Another one after each boot. */
  readonly bootId: string;
}

export interface HostCommand {
  /** Letters, digits, `-` and `_`. */
  readonly token: string;
  /** For the host's `sh`. */
  readonly script: string;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * - `started`: it runs now
 * - `known`: it was started before, under this token; ask `look`
 * - `busy`: another command runs on this node; nothing was done
 */
export type CommandStart = 'started' | 'known' | 'busy';

/** What became of a command, and what it has printed since the asked-for byte. */
export interface CommandLook {
  /** `lost`: it was started and ended without telling how: killed, or the host went down under it. */
  readonly state: 'absent' | 'running' | 'ended' | 'lost';
  readonly exitCode: number | null;
  /** Whole lines, as far as there are any; secrets are redacted. */
  readonly lines: readonly string[];
  /** Where the next look goes on. */
  readonly nextByte: number;
}

export interface HostFile {
  readonly path: string;
  readonly data: string;
  /** Octal. */
  readonly permissions: string;
}

/** One login on one node. Methods are called one after another and may each be called again after a crash. */
export interface NodeHostSession {
  facts(): Promise<HostFacts>;
  start(command: HostCommand): Promise<CommandStart>;
  look(token: string, fromByte: number): Promise<CommandLook>;
  /** Ends one command, or with null whatever runs of this node's, and says which ones. Resolves when they are gone. */
  halt(token: string | null): Promise<readonly string[]>;
  /** Removes the traces of commands that have ended. */
  forget(): Promise<void>;
  /** The file is the old one or the new one at any time, and its content was compared before it became the new one. */
  upload(file: HostFile): Promise<void>;
  /** Asks the host to go down and come back, at once after this returns. Same rules as `start`. */
  reboot(token: string): Promise<CommandStart>;
  close(): Promise<void>;
}
