import { createServer, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import ssh2, { type AuthContext, type Connection, type ServerChannel, type ServerConfig, type Session } from 'ssh2';
import type { CommandContext } from './command-context.js';
import { EmulatedShell } from './emulated-shell.js';
import { optionsOf, type EmulatorCounters, type EmulatorFaults, type EmulatorOptions } from './emulator-options.js';
import { fingerprintOfPrivate, newHostKey } from './host-keys.js';
import { receiveByScp } from './scp-sink.js';
import { SwitchModel } from './switch-model.js';
import { Terminal } from './terminal.js';

/** What an old IOS offers, and nothing else. */
const LEGACY_ONLY: ServerConfig['algorithms'] = {
  kex: ['diffie-hellman-group14-sha1'],
  serverHostKey: ['ssh-rsa'],
  cipher: ['aes128-cbc'],
  hmac: ['hmac-sha1'],
};

/**
 * An emulated Catalyst 9300 with IOS-XE (spec upgrade sections 4.4 and 5.1): an SSH server on loopback whose flash
 * really receives bytes and whose reload really drops every session and closes the port until it is back. For the demo
 * and for tests; nothing of it outlives the process. `faults` may be changed at any time.
 */
export class EmulatedSwitch {
  readonly model: SwitchModel;
  /** By the client's port, which is how the SSH server tells its connections apart. */
  private readonly sockets = new Map<number, Socket>();
  private readonly hostKeys: string[];
  private servers: ssh2.Server[];
  private listener: NetServer;
  private listeningPort = 0;
  private stopping = false;
  private reloads: (() => void)[] = [];

  private constructor(options: EmulatorOptions) {
    this.model = new SwitchModel(options);
    const type = options.legacyAlgorithms ? 'rsa' : 'ecdsa';
    this.hostKeys = [options.hostKey ?? newHostKey(type), newHostKey(type)];
    this.servers = this.hostKeys.map((key) => this.createSshServer(key));
    this.listener = this.createListener();
    this.model.onReload = () => void this.reload();
  }

  static async start(options: Partial<EmulatorOptions> = {}): Promise<EmulatedSwitch> {
    const started = new EmulatedSwitch(optionsOf(options));
    await started.listen();
    return started;
  }

  get port(): number {
    return this.listeningPort;
  }

  get options(): EmulatorOptions {
    return this.model.options;
  }

  /** The fingerprint it shows now, `SHA256:…`. */
  get hostKeyFingerprint(): string {
    return fingerprintOfPrivate(this.hostKeys[this.model.faults.changedHostKey ? 1 : 0] ?? '');
  }

  get faults(): EmulatorFaults {
    return this.model.faults;
  }

  get counters(): EmulatorCounters {
    return this.model.counters;
  }

  /** The release that runs, zero-padded. */
  get version(): string {
    return this.model.install.running;
  }

  /** Settles when the box is back from its next reload, also when the wait began during it. */
  nextReload(): Promise<void> {
    return new Promise((resolve) => this.reloads.push(resolve));
  }

  /** As if somebody pulled the power cord. */
  powerCycle(): void {
    this.model.requestReload('power-on');
  }

  dropSessions(): void {
    for (const socket of this.sockets.values()) socket.destroy();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.model.dispose();
    await this.close();
  }

  private async listen(): Promise<void> {
    this.listener.listen(this.listeningPort || this.options.port, this.options.address);
    await once(this.listener, 'listening');
    this.listeningPort = (this.listener.address() as AddressInfo).port;
  }

  private async close(): Promise<void> {
    const closed = this.listener.listening ? once(this.listener, 'close') : Promise.resolve();
    this.listener.close();
    this.dropSessions();
    await closed;
  }

  /** Away, then back on the same port. Somebody else may hold the port for a moment: then it is tried again. */
  private async reload(): Promise<void> {
    await this.close();
    await this.model.pass(this.options.reloadMs);
    if (this.stopping || this.model.faults.neverBack) return;
    this.model.boot();
    this.listener = this.createListener();
    for (let tries = 0; ; tries += 1) {
      try {
        if (this.stopping) return;
        await this.listen();
        break;
      } catch (error) {
        if (tries === 50) throw error;
        await wait(100);
      }
    }
    for (const resolve of this.reloads.splice(0)) resolve();
  }

  private createListener(): NetServer {
    return createServer({ noDelay: true }, (socket) => {
      const port = socket.remotePort ?? 0;
      this.sockets.set(port, socket);
      this.counters.connections += 1;
      socket.on('close', () => this.sockets.delete(port));
      this.servers[this.faults.changedHostKey ? 1 : 0]?.injectSocket(socket);
    });
  }

  private createSshServer(hostKey: string): ssh2.Server {
    const { legacyAlgorithms } = this.options;
    const algorithms = legacyAlgorithms ? LEGACY_ONLY : undefined;
    // The software version is Cisco's own, which is what clients look at to work around its habits.
    return new ssh2.Server({ hostKeys: [hostKey], ident: 'Cisco-1.25', algorithms }, (client, info) =>
      this.serve(client, () => this.sockets.get(info.port)?.destroy()),
    );
  }

  /** `drop` ends the connection without a word of goodbye, as a cut wire does. */
  private serve(client: Connection, drop: () => void): void {
    client.on('error', () => undefined);
    client.on('authentication', (context) => this.authenticate(context));
    client.on('ready', () => {
      const { counters } = this;
      counters.logins += 1;
      counters.openSessions += 1;
      counters.maxOpenSessions = Math.max(counters.maxOpenSessions, counters.openSessions);
      client.on('close', () => (counters.openSessions -= 1));
      let sessions = 0;
      client.on('session', (accept, reject) => {
        sessions += 1;
        // IOS serves one channel per connection.
        if (sessions > 1) return reject();
        this.serveSession(accept(), drop);
      });
    });
  }

  private authenticate(context: AuthContext): void {
    const { authentication, username } = this.options;
    const methods =
      authentication === 'both' ? (['keyboard-interactive', 'password'] as const) : ([authentication] as const);
    const isUser = context.username === username;
    if (context.method === 'password' && methods.some((method) => method === 'password')) {
      return this.judge(context, isUser, context.password);
    }
    if (context.method === 'keyboard-interactive' && methods.some((method) => method === 'keyboard-interactive')) {
      context.prompt([{ prompt: 'Password: ', echo: false }], (answers) =>
        this.judge(context, isUser, answers[0] ?? ''),
      );
      return;
    }
    context.reject([...methods]);
  }

  private judge(context: AuthContext, isUser: boolean, password: string): void {
    this.counters.passwordsSeen += 1;
    if (isUser && password === this.options.password && !this.faults.rejectPassword) context.accept();
    else context.reject();
  }

  private serveSession(session: Session, drop: () => void): void {
    session.on('pty', (accept) => accept());
    session.on('window-change', (accept) => accept?.());
    session.on('env', (accept) => accept?.());
    session.on('shell', (accept) => void this.serveShell(accept(), drop));
    session.on('exec', (accept, reject, info) => {
      const path = /^scp (?:-[a-zA-Z]+ )*-[a-zA-Z]*t[a-zA-Z]* (?:-- )?(\S+)$/.exec(info.command)?.[1];
      if (path === undefined) return reject();
      this.serveScp(accept(), path, drop);
    });
  }

  private async serveShell(channel: ServerChannel, drop: () => void): Promise<void> {
    const terminal = new Terminal(channel, this.faults);
    const context: CommandContext = { model: this.model, terminal, drop };
    await new EmulatedShell(context, this.options.enableSecret === null).run();
    if (terminal.isClosed) return;
    channel.exit(0);
    channel.end();
  }

  private serveScp(channel: ServerChannel, path: string, drop: () => void): void {
    channel.on('error', () => undefined);
    if (!this.model.scpServer) {
      channel.stderr.write('Administratively disabled.\n');
      channel.exit(1);
      channel.end();
      return;
    }
    receiveByScp(channel, path, this.model, drop).catch(drop);
  }
}
