import { Readable } from 'node:stream';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { AuthContext, ServerChannel } from 'ssh2';
import { DriverError } from '../../src/drivers/device-driver.js';
import type { Device } from '../../src/drivers/device-driver.js';
import { scpPush } from '../../src/drivers/ssh/scp-push.js';
import { SshConnection } from '../../src/drivers/ssh/ssh-connection.js';
import { deviceAt, FakeSshServer, keyPair, RecordingIo } from './fake-ssh-server.js';
import type { FakeSshBehaviour } from './fake-ssh-server.js';

const OTHER_KEY = `SHA256:${'A'.repeat(43)}`;
let server: FakeSshServer;
let io: RecordingIo;

async function serve(behaviour: FakeSshBehaviour = {}): Promise<void> {
  server = await FakeSshServer.start(behaviour);
}

async function refusal(more: Partial<Device> = {}, options = {}): Promise<DriverError> {
  const outcome = await SshConnection.open(deviceAt(server.port, more), io, options).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(DriverError);
  return outcome as DriverError;
}

beforeEach(() => {
  io = new RecordingIo();
});
afterEach(async () => {
  await server.stop();
});

describe('host keys', () => {
  beforeEach(() => serve());

  it('fails on a changed key before any credential is sent, with both fingerprints', async () => {
    for (const hostKeyPolicy of ['strict', 'tofu'] as const) {
      const error = await refusal({ hostKeyPolicy, hostKey: OTHER_KEY, privateKey: keyPair().private });
      expect(error.code).toBe('host_key_mismatch');
      expect(error.retryable).toBe(false);
      expect(error.message).toMatch(/host key mismatch/i);
      expect(error.message).toContain(OTHER_KEY);
      expect(error.message).toContain(server.fingerprint);
    }
    expect(server.attempts).toEqual([]);
    expect(io.learned).toEqual([]);
  });

  it('fails on an unknown key under "strict" before any credential is sent', async () => {
    const error = await refusal({ hostKeyPolicy: 'strict' });
    expect(error.code).toBe('host_key_unknown');
    expect(error.message).toContain(server.fingerprint);
    expect(server.attempts).toEqual([]);
  });

  it('stores the key of a first contact before the first login attempt', async () => {
    let attemptsWhenLearned = -1;
    io.onLearn = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      attemptsWhenLearned = server.attempts.length;
    };
    const connection = await SshConnection.open(deviceAt(server.port), io);
    await connection.close();
    expect(io.learned).toEqual([server.fingerprint]);
    expect(attemptsWhenLearned).toBe(0);
  });

  it('sends no credential when the key of a first contact cannot be stored', async () => {
    io.onLearn = () => Promise.reject(new DriverError('host_key_mismatch', 'somebody stored another key'));
    const error = await refusal();
    expect(error.message).toBe('somebody stored another key');
    expect(server.attempts).toEqual([]);
  });

  it('accepts the stored key, and any key under "off"', async () => {
    await (
      await SshConnection.open(deviceAt(server.port, { hostKeyPolicy: 'strict', hostKey: server.fingerprint }), io)
    ).close();
    await (await SshConnection.open(deviceAt(server.port, { hostKeyPolicy: 'off', hostKey: OTHER_KEY }), io)).close();
    expect(io.learned).toEqual([]);
  });
});

describe('login', () => {
  it('tells a wrong password from an unreachable host, without the password', async () => {
    await serve();
    const error = await refusal({ password: 'hunter2-wrong' });
    expect(error.code).toBe('auth_failed');
    expect(error.message).not.toContain('hunter2');
    expect(server.attempts.filter((method) => method !== 'none')).toEqual(['password']);
  });

  it('answers keyboard-interactive prompts with user name and password', async () => {
    const answers: string[][] = [];
    const authenticate = (context: AuthContext) => {
      if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
      context.prompt(
        [
          { prompt: 'Username: ', echo: true },
          { prompt: 'Password: ', echo: false },
        ],
        (given) => {
          answers.push(given);
          context.accept();
        },
      );
    };
    await serve({ authenticate });
    await (await SshConnection.open(deviceAt(server.port), io)).close();
    expect(answers).toEqual([['admin', 'let-me-in']]);
    expect(server.attempts).not.toContain('password');
  });

  it('gives up when a password is asked for again', async () => {
    const authenticate = (context: AuthContext) => {
      if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
      const ask = () => context.prompt([{ prompt: 'Password: ', echo: false }], ask);
      ask();
    };
    await serve({ authenticate });
    expect((await refusal()).code).toBe('auth_failed');
  });

  it('offers one wrong password once although the server takes two methods for it', async () => {
    await serve({ authenticate: (context) => context.reject(['password', 'keyboard-interactive']) });
    expect((await refusal()).code).toBe('auth_failed');
    expect(server.attempts).toEqual(['none', 'password']);
  });

  it('logs in by an encrypted private key and tells what is wrong with a bad one', async () => {
    const key = keyPair('opens-it');
    await serve({
      authenticate: (context) => (context.method === 'publickey' ? context.accept() : context.reject(['publickey'])),
    });
    const device = { password: null, privateKey: key.private };
    await (await SshConnection.open(deviceAt(server.port, { ...device, passphrase: 'opens-it' }), io)).close();

    const wrong = await refusal({ ...device, passphrase: 'opens-it-not' });
    expect(wrong.code).toBe('auth_failed');
    expect(wrong.message).toMatch(/passphrase is missing or wrong/);
    expect((await refusal(device)).message).toMatch(/passphrase is missing or wrong/);
    const broken = await refusal({ ...device, privateKey: 'not a key at all' });
    expect(broken.code).toBe('auth_failed');
    for (const error of [wrong, broken]) expect(error.message).not.toMatch(/opens-it|not a key at all|BEGIN/);
  });

  it('reaches a server that knows only old algorithms where the device asks for them, and only there', async () => {
    const algorithms = {
      kex: ['diffie-hellman-group14-sha1' as const],
      cipher: ['aes128-cbc' as const],
      hmac: ['hmac-sha1' as const],
      serverHostKey: ['ssh-rsa' as const],
    };
    await serve({ config: { algorithms } });
    const error = await refusal();
    expect(error.code).toBe('unsupported');
    expect(error.message).toContain('legacy_algorithms');
    await (await SshConnection.open(deviceAt(server.port, { legacyAlgorithms: true }), io)).close();
  });
});

describe('a connection that does not come about or ends', () => {
  it('is unreachable where nobody listens', async () => {
    await serve();
    const { port } = server;
    await server.stop();
    const error = (await SshConnection.open(deviceAt(port), io).catch((e: unknown) => e)) as DriverError;
    expect([error.code, error.retryable]).toEqual(['unreachable', true]);
    expect(error.message).toContain('connection refused');
    await serve();
  });

  it('is unreachable when the host says nothing, after the time-out', async () => {
    await serve();
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const device = deviceAt((mute.address() as AddressInfo).port);
    const error = (await SshConnection.open(device, io, { connectTimeoutMs: 80 }).catch(
      (e: unknown) => e,
    )) as DriverError;
    mute.close();
    expect(error.code).toBe('unreachable');
    expect(error.message).toContain('0.08 s');
  });

  it('stops promptly when aborted while connecting, and while a command runs', async () => {
    await serve({ exec: () => io.controller.abort() });
    const early = new RecordingIo();
    const opening = SshConnection.open(deviceAt(server.port), early);
    early.controller.abort();
    await expect(opening).rejects.toMatchObject({ options: { code: 'aborted' } });

    const connection = await SshConnection.open(deviceAt(server.port), io);
    await expect(connection.exec('sleep 1000')).rejects.toMatchObject({ options: { code: 'aborted' } });
    await expect(connection.exec('true')).rejects.toMatchObject({ options: { code: 'aborted' } });
  });

  it('is a lost connection when it drops during a command, never a success', async () => {
    await serve({ exec: () => server.drop() });
    const connection = await SshConnection.open(deviceAt(server.port), io);
    await expect(connection.exec('reboot')).rejects.toMatchObject({ options: { code: 'connection_lost' } });
    expect(connection.lost?.code).toBe('connection_lost');
  });

  it('is a lost connection when a command ends without an exit code', async () => {
    await serve({ exec: (_command, channel) => channel.close() });
    const connection = await SshConnection.open(deviceAt(server.port), io);
    await expect(connection.exec('reboot')).rejects.toMatchObject({ options: { code: 'connection_lost' } });
    await connection.close();
  });

  it('is noticed when the peer falls silent', async () => {
    await serve({
      exec: (_command, _channel, connection) => (connection as unknown as { _sock: { pause(): void } })._sock.pause(),
    });
    const connection = await SshConnection.open(deviceAt(server.port), io, { keepaliveMs: 30 });
    await expect(connection.exec('anything')).rejects.toMatchObject({
      options: { code: 'connection_lost' },
      message: expect.stringContaining('no answer to keepalives'),
    });
  });
});

describe('commands', () => {
  it('returns exit code and both outputs, and gives the input', async () => {
    await serve({
      exec: (_command, channel) => {
        channel.stderr.write('warn');
        channel.on('data', (data: Buffer) => channel.write(data.toString().toUpperCase()));
        channel.on('end', () => {
          channel.exit(3);
          channel.end();
        });
      },
    });
    const connection = await SshConnection.open(deviceAt(server.port), io);
    await expect(connection.exec('tr', { input: 'abc' })).resolves.toEqual({
      code: 3,
      signal: null,
      stdout: 'ABC',
      stderr: 'warn',
    });
    await connection.close();
  });

  it('ends a command that never answers, leaves secrets out of the message, and stays usable', async () => {
    await serve({
      exec: (command, channel) => {
        if (command.startsWith('hang')) return;
        channel.exit(0);
        channel.end();
      },
    });
    const connection = await SshConnection.open(deviceAt(server.port), io);
    const error = (await connection.exec('hang let-me-in', { timeoutMs: 40 }).catch((e: unknown) => e)) as DriverError;
    expect(error.code).toBe('prompt_timeout');
    expect(error.message).not.toContain('let-me-in');
    expect((await connection.exec('true')).code).toBe(0);
    await connection.close();
  });

  it('keeps only the beginning and the end of an endless output', async () => {
    await serve({
      exec: (_command, channel) => {
        for (let line = 0; line < 5000; line += 1) channel.write(`line ${line}\n`);
        channel.exit(0);
        channel.end();
      },
    });
    const connection = await SshConnection.open(deviceAt(server.port), io);
    const { stdout } = await connection.exec('yes', { maxOutput: 1000 });
    await connection.close();
    expect(stdout.length).toBeLessThan(1100);
    expect(stdout.startsWith('line 0\n')).toBe(true);
    expect(stdout.endsWith('line 4999\n')).toBe(true);
  });

  it('opens a shell as a raw stream', async () => {
    await serve();
    const connection = await SshConnection.open(deviceAt(server.port), io);
    const shell = await connection.shell({ cols: 511, rows: 1000, term: 'vt100' });
    const [data] = (await once(shell, 'data')) as [Buffer];
    expect(data.toString()).toContain('hello');
    await connection.close();
  });
});

describe('SCP upload', () => {
  const bytes = Buffer.alloc(3_000_000, 'slipway');
  const source = (body = bytes) => ({
    filename: 'image.bin',
    sizeBytes: bytes.length,
    read: () => Readable.from(slices(body)),
  });

  it('moves every byte, with progress', async () => {
    const received: Buffer[] = [];
    await serve({ exec: (_command, channel) => sink(channel, received) });
    const connection = await SshConnection.open(deviceAt(server.port), io);
    await scpPush(connection, 'flash:image.bin', source(), { progress: (done, total) => io.progress(done, total) });
    await connection.close();
    const all = Buffer.concat(received);
    const header = all.indexOf('\n') + 1;
    expect(all.toString('latin1', 0, header)).toBe('C0644 3000000 image.bin\n');
    expect(all.subarray(header, -1).equals(bytes)).toBe(true);
    expect(io.progressed.at(-1)).toEqual([bytes.length, bytes.length]);
    expect(server.commands).toEqual(['scp -t flash:image.bin']);
  });

  it('never confirms a source that ends short', async () => {
    const received: Buffer[] = [];
    await serve({ exec: (_command, channel) => sink(channel, received) });
    const connection = await SshConnection.open(deviceAt(server.port), io);
    await expect(scpPush(connection, 'x', source(bytes.subarray(0, 1000)))).rejects.toMatchObject({
      options: { code: 'transfer_interrupted' },
    });
    await connection.close();
    expect(Buffer.concat(received).at(-1)).not.toBe(0);
  });

  it('tells the refusal of the device, a full flash as such', async () => {
    await serve({ exec: (_command, channel) => channel.write('\x01scp: flash:image.bin: No space left on device\n') });
    const connection = await SshConnection.open(deviceAt(server.port), io);
    await expect(scpPush(connection, 'x', source())).rejects.toMatchObject({ options: { code: 'no_space' } });
    await connection.close();
  });

  it('is interrupted when the connection drops half-way', async () => {
    await serve({
      exec: (_command, channel) => {
        channel.write('\0\0');
        let seen = 0;
        channel.on('data', (data: Buffer) => {
          seen += data.length;
          if (seen > 1_000_000) server.drop();
        });
      },
    });
    const connection = await SshConnection.open(deviceAt(server.port), io);
    await expect(scpPush(connection, 'x', source())).rejects.toMatchObject({ options: { code: 'connection_lost' } });
  });

  function sink(channel: ServerChannel, received: Buffer[]): void {
    let total = 0;
    channel.write('\0');
    channel.on('data', (data: Buffer) => {
      if (total === 0) channel.write('\0');
      received.push(data);
      total += data.length;
      if (total === bytes.length + 'C0644 3000000 image.bin\n'.length + 1) channel.write('\0');
    });
    channel.on('end', () => channel.end());
  }

  function* slices(body: Buffer): Generator<Buffer> {
    for (let at = 0; at < body.length; at += 65_536) yield body.subarray(at, at + 65_536);
  }
});
