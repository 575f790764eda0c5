import { assertSafeFilename, DriverError, type DeviceImage } from '../device-driver.js';
import { scpPush } from '../ssh/scp-push.js';
import type { Answer, CliSession } from './cli-session.js';
import { pause } from './pause.js';
import { expectedHash, FLASH, type IosXeBox } from './iosxe-box.js';

/** Brings the image to the flash and checks it there (spec upgrade section 3.3). */
export async function transferImage(box: IosXeBox, image: DeviceImage): Promise<void> {
  const filename = assertSafeFilename(image.filename);
  const present = await box.fileSize(filename);
  if (present !== null) {
    if (present === image.sizeBytes && (await box.hasVerified(image))) {
      box.log(`${filename} is already there and verified, not copied`);
      box.io.progress(image.sizeBytes, image.sizeBytes);
      return;
    }
    box.log(`${filename} is there but not the image (${present} of ${image.sizeBytes} bytes), copied again`);
    await box.deleteFile(filename);
  }
  await assertRoom(box, image);
  const { read, url } = image;
  const mayPull = url !== null && (box.io.step.config['copy'] === 'pull' || read === null);
  if (mayPull) await pull(box, image, url);
  else if (read !== null) await pushOrPull(box, image, read);
  else throw new DriverError('unsupported', `${filename} has neither stored bytes nor an address to fetch it from`);
  await box.reviveIfLost();
  await assertWhole(box, image);
}

/** A box without an SCP server can still fetch the image where there is an address for it. */
async function pushOrPull(box: IosXeBox, image: DeviceImage, read: NonNullable<DeviceImage['read']>): Promise<void> {
  try {
    await push(box, image, read);
  } catch (error) {
    const mayFetch = error instanceof DriverError && error.code === 'unsupported' && image.url !== null;
    if (!mayFetch) throw error;
    box.log(error.message);
    await pull(box, image, image.url ?? '');
  }
}

/** The copy alone: whether its unpacking will fit was a matter of the readiness check. */
async function assertRoom(box: IosXeBox, image: DeviceImage): Promise<void> {
  const output = await box.run(`dir ${FLASH}`, { timeoutMs: box.timing.dirMs });
  const free = Number(/\((\d+) bytes free\)/.exec(output)?.[1] ?? Number.NaN);
  if (free < image.sizeBytes) {
    throw new DriverError(
      'no_space',
      `Not enough space: ${free} bytes free on ${FLASH}, ${image.sizeBytes} needed for the copy`,
    );
  }
}

async function push(box: IosXeBox, image: DeviceImage, read: NonNullable<DeviceImage['read']>): Promise<void> {
  box.log(`Copying ${image.filename} to ${FLASH} by SCP, ${image.sizeBytes} bytes`);
  // IOS serves one channel per connection, and writes the file out only when that connection ends.
  const connection = await box.connect();
  try {
    await scpPush(
      connection,
      `${FLASH}/${image.filename}`,
      { filename: image.filename, sizeBytes: image.sizeBytes, read: () => read(0) },
      { idleMs: box.timing.copyIdleMs, progress: (done, total) => box.io.progress(done, total) },
    );
  } catch (error) {
    throw asTransferError(error);
  } finally {
    await connection.close();
  }
}

function asTransferError(error: unknown): unknown {
  if (!(error instanceof DriverError)) return error;
  if (error.code === 'connection_lost') {
    return new DriverError('transfer_interrupted', `The copy was interrupted: ${error.message}`, error);
  }
  if (error.code === 'command_rejected' && /administratively disabled|not enabled/i.test(error.message)) {
    return new DriverError(
      'unsupported',
      'The SCP server is not enabled on the device: configure `ip scp server enable`',
      error,
    );
  }
  return error;
}

async function pull(box: IosXeBox, image: DeviceImage, url: string): Promise<void> {
  box.log(`The device copies ${url} to ${FLASH}${image.filename}, ${image.sizeBytes} bytes`);
  const done = new AbortController();
  const watching = watchGrowth(box, image, done.signal);
  let output = '';
  try {
    const copying = box.run(`copy ${url} ${FLASH}${image.filename}`, {
      timeoutMs: box.timing.copyMs,
      answers: COPY_ANSWERS,
      mayFail: true,
    });
    output = await Promise.race([copying, watching.then(() => copying)]);
  } catch (error) {
    throw asTransferError(error);
  } finally {
    done.abort();
    await watching.catch(() => undefined);
  }
  const failure = /^%\s?Error[^\n]*/m.exec(output)?.[0] ?? /^%[^\n]*(?:fail|denied|refused)[^\n]*/im.exec(output)?.[0];
  if (failure !== undefined) throw pullError(box.cli.shown(failure));
  if (!/\d+ bytes copied in/.test(output))
    throw new DriverError('transfer_interrupted', 'The device did not say that the copy ended');
}

const COPY_ANSWERS: readonly Answer[] = [
  { question: /Destination filename \[.*\]\? ?$/, reply: () => '\r' },
  { question: /over ?write\? \[confirm\]$/i, reply: () => '\r' },
  {
    question: /(?:[Pp]assword|[Uu]sername): ?$|Address or name of remote host|Source filename/,
    reply: () => {
      throw new DriverError(
        'command_rejected',
        "The device asks for more than the image's address: the file server wants a login",
      );
    },
  },
];

function pullError(line: string): DriverError {
  if (/not enough space|no space/i.test(line)) return new DriverError('no_space', line);
  if (/timed out|i\/o error|connection|refused/i.test(line)) return new DriverError('transfer_interrupted', line);
  return new DriverError('command_rejected', line);
}

/** Looks at the growing file by a second session; rejects when it stops growing. Ends when `done` aborts. */
async function watchGrowth(box: IosXeBox, image: DeviceImage, done: AbortSignal): Promise<void> {
  let watcher: CliSession | null = null;
  let best = 0;
  let grewAt = Date.now();
  try {
    while (await pause(box.timing.pollMs, done)) {
      try {
        watcher ??= await box.logIn();
        const size = (await box.fileSize(image.filename, watcher)) ?? 0;
        if (size > best) {
          best = size;
          grewAt = Date.now();
          box.io.progress(Math.min(size, image.sizeBytes), image.sizeBytes);
        }
      } catch (error) {
        // No free line on the box is no reason to give up a copy that goes well.
        box.log(`The copy cannot be watched: ${error instanceof Error ? error.message : String(error)}`);
        return;
      }
      if (Date.now() - grewAt > box.timing.copyIdleMs) {
        throw new DriverError(
          'transfer_interrupted',
          `The copy does not grow any more: ${best} of ${image.sizeBytes} bytes`,
        );
      }
    }
  } finally {
    await watcher?.close();
  }
}

/** Exact size and hash, computed by the box. What is wrong is deleted: nothing may ever install it. */
async function assertWhole(box: IosXeBox, image: DeviceImage): Promise<void> {
  const size = await box.fileSize(image.filename);
  if (size !== image.sizeBytes) {
    if (size !== null) await box.deleteFile(image.filename);
    throw new DriverError(
      'checksum_mismatch',
      `checksum mismatch: ${image.filename} has ${size ?? 0} bytes, not ${image.sizeBytes}; it was deleted`,
    );
  }
  const expected = expectedHash(image);
  if (expected === null) {
    box.log(`${image.filename}: size ${size} is right; no md5 or sha512 is known, so its content was not checked`);
    return;
  }
  const { algorithm, hex } = expected;
  const found = await box.hash(image.filename, algorithm);
  if (found !== hex) {
    await box.deleteFile(image.filename);
    throw new DriverError(
      'checksum_mismatch',
      `checksum mismatch: ${algorithm} of ${image.filename} is ${found}, not ${hex}; it was deleted`,
    );
  }
  box.io.progress(image.sizeBytes, image.sizeBytes);
  box.log(`${image.filename} is there: ${size} bytes, ${algorithm} ${found}`);
}
