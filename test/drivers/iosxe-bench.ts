import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Baseline, Device, DeviceImage, DeviceSession, DriverIo } from '../../src/drivers/device-driver.js';
import { emulatedImage } from '../../src/drivers/emulator/emulated-image.js';
import type { EmulatorOptions } from '../../src/drivers/emulator/emulator-options.js';
import { EmulatedSwitch } from '../../src/drivers/emulator/emulated-switch.js';
import { IosXeDriver } from '../../src/drivers/iosxe/iosxe-driver.js';
import type { IosXeTiming } from '../../src/drivers/iosxe/iosxe-timing.js';

export const USERNAME = 'admin';
export const PASSWORD = 'hunter2-password';
export const SECRET = 'enable-s3cret';

const FAST: Partial<IosXeTiming> = { quietMs: 25, pollMs: 20, settleMs: 0, commandMs: 5000, connectMs: 5000 };

/** An image with real bytes, readable from any offset. */
export function imageOf(version: string, sizeBytes = 200_000, changes: Partial<DeviceImage> = {}): DeviceImage {
  const bytes = emulatedImage(version, sizeBytes);
  const hash = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex');
  return {
    filename: `cat9k_iosxe.${version}.SPA.bin`,
    version,
    sizeBytes: bytes.length,
    md5: hash('md5'),
    sha256: hash('sha256'),
    sha512: hash('sha512'),
    read: (start) => Readable.from(chunksOf(bytes.subarray(start))),
    url: null,
    ...changes,
  };
}

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 16_384) yield bytes.subarray(at, at + 16_384);
}

/** One emulated switch and a driver that talks to it; everything a test wants to look at is written down here. */
export class Bench {
  readonly log: string[] = [];
  readonly transcript: string[] = [];
  readonly progress: number[] = [];
  learned: string[] = [];
  config: Record<string, unknown> = {};
  readonly abort = new AbortController();

  private constructor(
    readonly box: EmulatedSwitch,
    private readonly timing: Partial<IosXeTiming>,
  ) {}

  static async start(options: Partial<EmulatorOptions> = {}, timing: Partial<IosXeTiming> = {}): Promise<Bench> {
    const box = await EmulatedSwitch.start({
      hostname: 'sw1',
      username: USERNAME,
      password: PASSWORD,
      enableSecret: SECRET,
      reloadMs: 100,
      installMs: 5,
      ...options,
    });
    return new Bench(box, { ...FAST, ...timing });
  }

  device(changes: Partial<Device> = {}): Device {
    return {
      id: 1,
      hostname: 'sw1',
      address: '127.0.0.1',
      port: this.box.port,
      platform: 'iosxe',
      model: 'C9300-24P',
      serial: this.box.options.serial,
      version: null,
      username: USERNAME,
      password: PASSWORD,
      secret: SECRET,
      privateKey: null,
      passphrase: null,
      hostKeyPolicy: 'tofu',
      hostKey: this.box.hostKeyFingerprint,
      legacyAlgorithms: false,
      remoteDir: null,
      commands: {},
      simulation: {},
      ...changes,
    };
  }

  io(): DriverIo {
    return {
      signal: this.abort.signal,
      log: (text) => this.log.push(text),
      progress: (done) => this.progress.push(done),
      step: { name: 'test', config: this.config },
      learnHostKey: (fingerprint) => {
        this.learned.push(fingerprint);
        return Promise.resolve();
      },
    };
  }

  open(changes: Partial<Device> = {}): Promise<DeviceSession> {
    const driver = new IosXeDriver({
      timing: this.timing,
      transcript: (_hostname, text) => this.transcript.push(text),
    });
    return driver.open(this.device(changes), this.io());
  }

  /** One login for one piece of work, as a step has it. */
  async with<T>(work: (session: DeviceSession) => Promise<T>, changes: Partial<Device> = {}): Promise<T> {
    const session = await this.open(changes);
    try {
      return await work(session);
    } finally {
      await session.close();
    }
  }

  /** Copies, activates and waits for the box to be back. */
  async upgrade(image: DeviceImage): Promise<Baseline> {
    const back = this.box.nextReload();
    const baseline = await this.with(async (session) => {
      await session.transfer(image);
      const before = await session.baseline(image);
      const sent = { ...before, sentAt: new Date().toISOString() };
      await session.activate(image, before, () => Promise.resolve());
      return sent;
    });
    await back;
    return baseline;
  }

  async stop(): Promise<void> {
    this.abort.abort();
    await this.box.stop();
  }
}
