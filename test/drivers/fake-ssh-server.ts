import type { AddressInfo } from 'node:net';
import { Server, utils } from 'ssh2';
import type { AuthContext, Connection, ServerChannel, ServerConfig } from 'ssh2';
import type { Device, DriverIo } from '../../src/drivers/device-driver.js';
import { fingerprintOf } from '../../src/drivers/ssh/host-key.js';

/** Not ed25519: the library makes about three broken ones in a thousand (leading zeros cut off). */
export function keyPair(passphrase?: string): { private: string; public: string } {
  return passphrase === undefined
    ? utils.generateKeyPairSync('ecdsa', { bits: 256 })
    : utils.generateKeyPairSync('ecdsa', { bits: 256, passphrase, cipher: 'aes256-ctr', rounds: 4 });
}

export interface FakeSshBehaviour {
  readonly config?: Partial<ServerConfig>;
  readonly authenticate?: (context: AuthContext) => void;
  readonly exec?: (command: string, channel: ServerChannel, connection: Connection) => void;
}

/** A real SSH server in this process which notes every login attempt and every command. */
export class FakeSshServer {
  readonly attempts: string[] = [];
  readonly commands: string[] = [];
  readonly connections = new Set<Connection>();
  private constructor(
    private readonly server: Server,
    readonly fingerprint: string,
  ) {}

  static async start(behaviour: FakeSshBehaviour = {}): Promise<FakeSshServer> {
    const keys = utils.generateKeyPairSync('rsa', { bits: 2048 });
    const parsed = utils.parseKey(keys.private);
    if (parsed instanceof Error) throw parsed;
    const server = new Server({ hostKeys: [keys.private], ...behaviour.config });
    const fake = new FakeSshServer(server, fingerprintOf(parsed.getPublicSSH()));
    server.on('connection', (connection: Connection) => fake.serve(connection, behaviour));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Cuts every connection as a crash would. */
  drop(): void {
    for (const connection of this.connections)
      (connection as unknown as { _sock: { destroy(): void } })._sock.destroy();
  }

  async stop(): Promise<void> {
    this.drop();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(connection: Connection, behaviour: FakeSshBehaviour): void {
    this.connections.add(connection);
    connection.on('close', () => this.connections.delete(connection));
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      this.attempts.push(context.method);
      (behaviour.authenticate ?? acceptPassword('let-me-in'))(context);
    });
    connection.on('session', (accept) => {
      const session = accept();
      session.on('pty', (acceptPty) => acceptPty?.());
      session.on('shell', (acceptShell) => acceptShell().write('hello\r\n'));
      session.on('exec', (acceptExec, _reject, info) => {
        this.commands.push(info.command);
        behaviour.exec?.(info.command, acceptExec(), connection);
      });
    });
  }
}

function acceptPassword(password: string): (context: AuthContext) => void {
  return (context) => {
    if (context.method === 'password' && context.password === password) return context.accept();
    context.reject(['password']);
  };
}

export function deviceAt(port: number, more: Partial<Device> = {}): Device {
  return {
    id: 1,
    hostname: 'host1',
    address: '127.0.0.1',
    port,
    platform: 'linux',
    model: null,
    serial: null,
    version: null,
    username: 'admin',
    password: 'let-me-in',
    secret: null,
    privateKey: null,
    passphrase: null,
    hostKeyPolicy: 'tofu',
    hostKey: null,
    legacyAlgorithms: false,
    remoteDir: null,
    commands: {},
    simulation: {},
    ...more,
  };
}

/** A driver's io that keeps what it is told. */
export class RecordingIo implements DriverIo {
  readonly controller = new AbortController();
  readonly signal = this.controller.signal;
  readonly lines: string[] = [];
  readonly learned: string[] = [];
  readonly progressed: [number, number][] = [];
  onProgress: (done: number, total: number) => unknown = () => undefined;
  onLearn: (fingerprint: string) => Promise<void> = () => Promise.resolve();

  constructor(readonly step: DriverIo['step'] = { name: 'test', config: {} }) {}

  log(text: string): void {
    this.lines.push(text);
  }

  progress(done: number, total: number): void {
    this.progressed.push([done, total]);
    this.onProgress(done, total);
  }

  async learnHostKey(fingerprint: string): Promise<void> {
    await this.onLearn(fingerprint);
    this.learned.push(fingerprint);
  }
}
