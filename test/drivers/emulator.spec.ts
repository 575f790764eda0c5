import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientChannel } from 'ssh2';
import { emulatedImage, versionOfImage } from '../../src/drivers/emulator/emulated-image.js';
import { EmulatedSwitch } from '../../src/drivers/emulator/emulated-switch.js';
import type { EmulatorOptions } from '../../src/drivers/emulator/emulator-options.js';
import { Flash } from '../../src/drivers/emulator/flash.js';

const switches: EmulatedSwitch[] = [];
const clients: Client[] = [];

async function start(options: Partial<EmulatorOptions> = {}): Promise<EmulatedSwitch> {
  const started = await EmulatedSwitch.start({ hostname: 'sw1', reloadMs: 50, installMs: 1, ...options });
  switches.push(started);
  return started;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.end();
  await Promise.all(switches.splice(0).map((one) => one.stop()));
});

/** A terminal as a person has it: what was typed, and all that was shown. */
class Screen {
  shown = '';
  constructor(private readonly channel: ClientChannel) {
    channel.setEncoding('utf8').on('data', (text: string) => (this.shown += text));
  }

  async type(keys: string, until: RegExp): Promise<string> {
    const from = this.shown.length;
    if (keys !== '') this.channel.write(keys);
    const signal = AbortSignal.timeout(10_000);
    while (!until.test(this.shown.slice(from))) {
      await once(this.channel, 'data', { signal }).catch(() => {
        throw new Error(`${until} did not come: ${JSON.stringify(this.shown.slice(from))}`);
      });
    }
    return this.shown.slice(from);
  }
}

async function logIn(one: EmulatedSwitch): Promise<Screen> {
  const client = new Client();
  clients.push(client);
  client.on('error', () => undefined);
  client.connect({ host: '127.0.0.1', port: one.port, username: 'admin', password: 'emulated' });
  await once(client, 'ready');
  const channel = await new Promise<ClientChannel>((resolve, reject) =>
    client.shell((error, opened) => (error ? reject(error) : resolve(opened))),
  );
  const screen = new Screen(channel);
  await screen.type('', /[>#]$/);
  return screen;
}

describe('the command line', () => {
  it('pages until it is told not to, echoes, and takes backspaces', async () => {
    const screen = await logIn(await start({ enableSecret: 'secret' }));
    expect(await screen.type('show version\r', /--More-- $/)).toMatch(/^show version\r\n/);
    expect(await screen.type('\r', /--More-- $/)).toContain('Next reboot');
    await screen.type('q', /sw1>$/);
    expect(await screen.type('shw\bow clck\b\bock\r', /\r\n.*sw1>$/s)).toMatch(/UTC/);
    expect(await screen.type('install commit\r', /sw1>$/)).toContain('% Invalid input detected');
    await screen.type('enable\r', /Password: $/);
    expect(await screen.type('secret\r', /sw1#$/)).not.toContain('secret');
    await screen.type('terminal length 0\r', /sw1#$/);
    expect(await screen.type('show version\r', /sw1#$/)).toContain('Configuration register is 0x102');
  });

  it('marks a changed configuration, and asks for it before a reload', async () => {
    const one = await start();
    const screen = await logIn(one);
    await screen.type('configure terminal\r', /\(config\)#$/);
    await screen.type('hostname sw2\r', /sw2\(config\)#$/);
    await screen.type('end\r', /sw2#$/);
    expect(one.model.configurationModified).toBe(true);
    await screen.type('reload\r', /Save\? \[yes\/no\]: $/);
    await screen.type('yes\r', /\[confirm\]$/);
    const back = one.nextReload();
    await screen.type('\r', /./);
    await back;
    expect(one.counters.reloads).toBe(1);
    expect(one.version).toBe('17.06.05');
  });
});

describe('a reload', () => {
  it('drops every session, closes the port, and comes back on the same one with a new boot time', async () => {
    const one = await start({ reloadMs: 300 });
    const { port } = one;
    const before = one.model.bootTime;
    await logIn(one);
    const gone = once(clients[0]!, 'close');
    const back = one.nextReload();
    one.powerCycle();
    await gone;
    const socket = connect(port, '127.0.0.1');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
    await back;
    expect(one.port).toBe(port);
    expect(one.model.bootTime.getTime()).toBeGreaterThan(before.getTime());
    expect(one.counters.openSessions).toBe(0);
    await logIn(one);
  });
});

describe('the flash', () => {
  it('keeps real bytes, big ones on the disk', async () => {
    const flash = new Flash(100_000_000);
    const bytes = emulatedImage('17.09.04a', 9_000_000);
    const writer = flash.create('big.bin');
    for (let at = 0; at < bytes.length; at += 1_000_000) await writer.write(bytes.subarray(at, at + 1_000_000));
    await writer.end();
    expect(await flash.hash('big.bin', 'sha512')).toBe(createHash('sha512').update(bytes).digest('hex'));
    expect(flash.freeBytes).toBe(91_000_000);
    expect(versionOfImage(await flash.head('big.bin', 128), 'any.bin')).toBe('17.09.04a');
    flash.delete('big.bin');
    expect(flash.freeBytes).toBe(100_000_000);
    flash.dispose();
  });

  it('reads a version from the header, else from the name, else refuses', () => {
    expect(versionOfImage(Buffer.from('SLIPWAY-EMULATED-IOSXE 17.12.01\n'), 'cat9k_iosxe.17.09.04a.SPA.bin')).toBe(
      '17.12.01',
    );
    expect(versionOfImage(Buffer.alloc(8), 'cat9k_iosxe.17.09.04a.SPA.bin')).toBe('17.09.04a');
    expect(versionOfImage(Buffer.alloc(8), 'picture.bin')).toBeNull();
  });

  const scp = ['/usr/bin/scp', '/usr/local/bin/scp', '/opt/homebrew/bin/scp'].find(existsSync);
  const withScp = scp === undefined ? it.skip : it;

  withScp('takes a file from the stock scp client', async () => {
    const one = await start();
    const folder = mkdtempSync(join(tmpdir(), 'slipway-scp-'));
    try {
      const bytes = emulatedImage('17.09.04a', 1_000_000);
      writeFileSync(join(folder, 'image.bin'), bytes);
      writeFileSync(join(folder, 'askpass'), '#!/bin/sh\necho emulated\n', { mode: 0o700 });
      const ssh = [
        '-O',
        '-P',
        String(one.port),
        '-F',
        'none',
        '-o',
        'StrictHostKeyChecking=no',
        '-o',
        'UserKnownHostsFile=/dev/null',
      ];
      const env = {
        PATH: '/usr/bin:/bin',
        HOME: folder,
        SSH_ASKPASS: join(folder, 'askpass'),
        SSH_ASKPASS_REQUIRE: 'force',
        DISPLAY: ':0',
      };
      await new Promise<void>((resolve, reject) =>
        execFile(scp!, [...ssh, join(folder, 'image.bin'), 'admin@127.0.0.1:flash:/image.bin'], { env }, (error) =>
          error ? reject(error) : resolve(),
        ),
      );
      expect(await one.model.flash.hash('image.bin', 'md5')).toBe(createHash('md5').update(bytes).digest('hex'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('a fleet', () => {
  it('of a hundred is cheap', async () => {
    const before = process.memoryUsage().heapUsed;
    const fleet = await Promise.all(Array.from({ length: 100 }, (_, index) => start({ hostname: `sw${index + 1}` })));
    expect(new Set(fleet.map((one) => one.port)).size).toBe(100);
    expect(new Set(fleet.map((one) => one.options.serial)).size).toBe(100);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 1024 * 1024);
    const screens = await Promise.all(fleet.slice(0, 20).map(logIn));
    const versions = await Promise.all(screens.map((screen) => screen.type('show clock\r', /UTC.*#$/s)));
    expect(versions).toHaveLength(20);
    expect(fleet[0]?.counters).toMatchObject({ logins: 1, maxOpenSessions: 1, passwordsSeen: 1, commands: 1 });
  });
});
