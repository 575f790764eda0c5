/** `npm run emulator`: a fleet of emulated IOS-XE switches on loopback, to try the server on without hardware. */
import { parseArgs } from 'node:util';
import { EmulatedSwitch } from '../drivers/emulator/emulated-switch.js';

const HELP = `Starts emulated Cisco IOS-XE switches on loopback, reached by real SSH, until Ctrl-C.

  npm run emulator -- [options]

  --count <n>          how many switches (default 10, at most 1000)
  --port <n>           port of the first one, the others follow; 0: free ports (default 2200)
  --address <ip>       where they listen (default 127.0.0.1)
  --prefix <name>      hostnames are <name>-1, <name>-2, … (default switch)
  --version <release>  what they run (default 17.06.05)
  --username <name>    login (default admin)
  --password <text>    its password (default emulated)
  --secret <text>      enable secret (default: none, the login is privileged)
  --reload <seconds>   how long a reload takes (default 5)
  --install <seconds>  how long each phase of an installation takes (default 1)
  --help               this text

Images are ordinary files named like cat9k_iosxe.17.09.04a.SPA.bin; the version in the name is what they install,
unless the file's first line says "SLIPWAY-EMULATED-IOSXE <version>". Nothing is kept after the end.
`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const OPTIONS = {
  count: { type: 'string', default: '10' },
  port: { type: 'string', default: '2200' },
  address: { type: 'string', default: '127.0.0.1' },
  prefix: { type: 'string', default: 'switch' },
  version: { type: 'string', default: '17.06.05' },
  username: { type: 'string', default: 'admin' },
  password: { type: 'string', default: 'emulated' },
  secret: { type: 'string' },
  reload: { type: 'string', default: '5' },
  install: { type: 'string', default: '1' },
  help: { type: 'boolean', default: false },
} as const;

function whole(name: string, text: string, max: number): number {
  if (!/^\d+$/.test(text) || Number(text) > max)
    throw new Error(`--${name} must be a whole number up to ${max}, not "${text}"`);
  return Number(text);
}

function secondsIn(name: string, text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0 && seconds <= 86_400)) {
    throw new Error(`--${name} must be a number of seconds, not "${text}"`);
  }
  return seconds * 1000;
}

async function startFleet(): Promise<EmulatedSwitch[]> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    say(HELP.trimEnd());
    return [];
  }
  const count = whole('count', values.count, 1000);
  const port = whole('port', values.port, 65_535);
  if (port > 0 && port + count > 65_536) throw new Error(`--port ${port} leaves no room for ${count} switches`);
  if (!/^[A-Za-z][A-Za-z0-9-]{0,40}$/.test(values.prefix))
    throw new Error(`--prefix must be a host name, not "${values.prefix}"`);
  if (!/^\d+\.\d+\.\d+[a-z]?$/.test(values.version))
    throw new Error(`--version must look like 17.06.05, not "${values.version}"`);
  const fleet: EmulatedSwitch[] = [];
  for (let index = 0; index < count; index += 1) {
    fleet.push(
      await EmulatedSwitch.start({
        hostname: `${values.prefix}-${index + 1}`,
        version: values.version,
        username: values.username,
        password: values.password,
        enableSecret: values.secret ?? null,
        address: values.address,
        port: port === 0 ? 0 : port + index,
        reloadMs: secondsIn('reload', values.reload),
        installMs: secondsIn('install', values.install),
      }),
    );
  }
  return fleet;
}

function print(fleet: readonly EmulatedSwitch[]): void {
  const rows = fleet.map((one) => [
    one.options.hostname,
    `${one.options.address}:${one.port}`,
    one.options.serial,
    one.version,
    one.hostKeyFingerprint,
  ]);
  const table = [['hostname', 'address', 'serial', 'version', 'host key'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  for (const row of table) say(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  const first = fleet[0];
  if (!first) return;
  say(`\nlogin: ${first.options.username} with the password given (--password, default emulated); for instance`);
  say(`  ssh -p ${first.port} ${first.options.username}@${first.options.address}`);
  say(`${fleet.length} emulated switches are running. Ctrl-C stops them.`);
}

function stopOnSignal(fleet: readonly EmulatedSwitch[]): void {
  const stop = (): void => {
    void Promise.all(fleet.map((one) => one.stop())).then(() => process.exit(0));
  };
  // A switch that reloads listens nowhere; when all of them do, nothing else would keep this process.
  setInterval(() => undefined, 60_000);
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

try {
  const fleet = await startFleet();
  if (fleet.length > 0) {
    print(fleet);
    stopOnSignal(fleet);
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
