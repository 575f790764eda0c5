/** What an emulated switch is made of, how it may misbehave, and what it counts. */

export interface Neighbour {
  readonly device: string;
  readonly localInterface: string;
  readonly platform: string;
  readonly port: string;
}

export interface EmulatedInterface {
  readonly name: string;
  readonly address: string | null;
  readonly up: boolean;
}

/** An image that lies on the flash although nothing uses it; `install remove inactive` frees its space. */
export interface InactiveImage {
  readonly version: string;
  readonly sizeBytes: number;
}

export interface EmulatorOptions {
  readonly hostname: string;
  /** As IOS-XE prints it, zero-padded: `17.06.05`. */
  readonly version: string;
  readonly username: string;
  readonly password: string;
  /** Null: no enable secret, the login is privileged. */
  readonly enableSecret: string | null;
  readonly model: string;
  readonly serial: string;
  readonly address: string;
  /** 0 picks a free port, which is kept across reloads. */
  readonly port: number;
  readonly flashBytes: number;
  /** Size of the image that runs; its packages take that much of the flash. */
  readonly runningImageBytes: number;
  readonly inactive: readonly InactiveImage[];
  readonly bootMode: 'install' | 'bundle';
  /** How long the box is gone on a reload. */
  readonly reloadMs: number;
  /** How long each phase of an install operation takes. */
  readonly installMs: number;
  /** Length of a minute of the auto-abort timer, so that a test need not wait for real ones. */
  readonly autoAbortMinuteMs: number;
  readonly bootTime: Date;
  /** Which ways to give a password the SSH server offers. */
  readonly authentication: 'password' | 'keyboard-interactive' | 'both';
  /** Offers only what an old IOS offers: group14-sha1, ssh-rsa, aes128-cbc, hmac-sha1. */
  readonly legacyAlgorithms: boolean;
  /** Private key in PEM or OpenSSH form; null: a new one. */
  readonly hostKey: string | null;
  readonly scpServer: boolean;
  readonly neighbours: readonly Neighbour[];
  readonly interfaces: readonly EmulatedInterface[];
  readonly faults: Partial<EmulatorFaults>;
}

/** Ways to misbehave (spec upgrade section 4.4). Every one may be switched while the emulator runs. */
export interface EmulatorFaults {
  rejectPassword: boolean;
  /** Shows another host key than at first. */
  changedHostKey: boolean;
  /** Milliseconds before each piece of output. */
  slowOutputMs: number;
  /** Cuts the output at random places: inside `--More--`, prompts and line ends. */
  randomChunks: boolean;
  /** Log messages inside the output, after prompts and after questions. */
  syslogNoise: boolean;
  /** Percentage of a copy at which the session is cut; once, then it resets itself. */
  dropCopyAt: number | null;
  /** Keeps only that percentage of the bytes, and says the copy went well. */
  truncateCopyAt: number | null;
  /** Flips one byte of what it receives. */
  corruptCopy: boolean;
  /** `inactive`: an old image fills the flash; `files`: something that no clean-up removes does. */
  noSpace: 'inactive' | 'files' | null;
  /** Bytes that stay free under `noSpace`. */
  noSpaceFreeBytes: number;
  /** The install fails in that phase, with this after `FAILED: `. */
  installFails: { readonly phase: 'add' | 'activate'; readonly reason: string } | null;
  /** A phase of an installation goes on until this is switched off. */
  holdInstall: boolean;
  /** The configuration stays modified whatever is saved. */
  neverSaved: boolean;
  neverBack: boolean;
  oldVersionAfterReload: boolean;
  /** Names of neighbours that are gone after the next reload. */
  losesNeighbours: readonly string[];
  /** The session dies at the question of the activation, or just after the answer (the installation goes on). */
  dropAtActivation: 'before_answer' | 'after_answer' | null;
}

export interface EmulatorCounters {
  /** TCP connections and sessions that got through the login. */
  connections: number;
  logins: number;
  openSessions: number;
  maxOpenSessions: number;
  passwordsSeen: number;
  /** Copies that were started, and what arrived in all. */
  copies: number;
  bytesReceived: number;
  reloads: number;
  installAdds: number;
  installActivates: number;
  commands: number;
}

export function faultsOf(some: Partial<EmulatorFaults> = {}): EmulatorFaults {
  return {
    rejectPassword: false,
    changedHostKey: false,
    slowOutputMs: 0,
    randomChunks: false,
    syslogNoise: false,
    dropCopyAt: null,
    truncateCopyAt: null,
    corruptCopy: false,
    noSpace: null,
    noSpaceFreeBytes: 4096,
    installFails: null,
    holdInstall: false,
    neverSaved: false,
    neverBack: false,
    oldVersionAfterReload: false,
    losesNeighbours: [],
    dropAtActivation: null,
    ...some,
  };
}

export function countersAtZero(): EmulatorCounters {
  return {
    connections: 0,
    logins: 0,
    openSessions: 0,
    maxOpenSessions: 0,
    passwordsSeen: 0,
    copies: 0,
    bytesReceived: 0,
    reloads: 0,
    installAdds: 0,
    installActivates: 0,
    commands: 0,
  };
}

const SEVEN_WEEKS_MS = 7 * 7 * 24 * 3600 * 1000;

export function optionsOf(some: Partial<EmulatorOptions>): EmulatorOptions {
  const hostname = some.hostname ?? 'switch';
  return {
    hostname,
    version: '17.06.05',
    username: 'admin',
    password: 'emulated',
    enableSecret: null,
    model: 'C9300-24P',
    serial: serialOf(hostname),
    address: '127.0.0.1',
    port: 0,
    flashBytes: 11_353_194_496,
    runningImageBytes: 1_000_000,
    inactive: [],
    bootMode: 'install',
    reloadMs: 2000,
    installMs: 10,
    autoAbortMinuteMs: 60_000,
    bootTime: new Date(Date.now() - SEVEN_WEEKS_MS - 17 * 3600 * 1000 - 14 * 60 * 1000),
    authentication: 'both',
    legacyAlgorithms: false,
    hostKey: null,
    scpServer: true,
    neighbours: [
      { device: 'core-1', localInterface: 'Gig 1/0/1', platform: 'C9500-24Y', port: 'Twe 1/0/11' },
      { device: 'core-2', localInterface: 'Gig 1/0/2', platform: 'C9500-24Y', port: 'Twe 1/0/11' },
    ],
    interfaces: [
      { name: 'Vlan1', address: '10.0.0.2', up: true },
      { name: 'GigabitEthernet1/0/1', address: null, up: true },
      { name: 'GigabitEthernet1/0/2', address: null, up: true },
      { name: 'GigabitEthernet1/0/3', address: null, up: false },
    ],
    faults: {},
    ...some,
  };
}

/** A stable serial number of the usual shape, so that an inventory made from the names fits. */
function serialOf(hostname: string): string {
  let sum = 7;
  for (const character of hostname) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 36 ** 4;
  return `FOC2101${sum.toString(36).toUpperCase().padStart(4, '0')}`;
}
