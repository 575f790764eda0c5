/** A file of an archive. Its name goes in word for word, leading `/` and all: nodes unpack with `tar -P`. */
export interface TarFile {
  readonly path: string;
  readonly mode: number;
  readonly bytes: Buffer;
}

const BLOCK = 512;
/** GNU tar and Python fill up to this. */
const RECORD = 20 * BLOCK;
const LONGEST_NAME = 100;
const LONG_NAME = '././@LongLink';

/**
 * An archive in GNU's format as Python's `tarfile` writes it, piece by piece: regular files only, of user and group 0 and
 * the beginning of time (spec drydock section 2.2). Libraries for this drop the leading `/` or write pax headers.
 */
export function* gnuTar(files: Iterable<TarFile>): Generator<Buffer> {
  let size = 0;
  for (const file of files) {
    for (const piece of entry(file)) {
      size += piece.length;
      yield piece;
    }
  }
  const end = 2 * BLOCK;
  yield Buffer.alloc(end + ((RECORD - ((size + end) % RECORD)) % RECORD));
}

function* entry({ path, mode, bytes }: TarFile): Generator<Buffer> {
  const name = Buffer.from(path, 'utf8');
  if (name.length > LONGEST_NAME) {
    const whole = Buffer.concat([name, Buffer.alloc(1)]);
    yield header(Buffer.from(LONG_NAME), 'L', 0, whole.length);
    yield* padded(whole);
  }
  yield header(name.subarray(0, LONGEST_NAME), '0', mode, bytes.length);
  yield* padded(bytes);
}

function* padded(bytes: Buffer): Generator<Buffer> {
  yield bytes;
  const rest = bytes.length % BLOCK;
  if (rest > 0) yield Buffer.alloc(BLOCK - rest);
}

function header(name: Buffer, type: '0' | 'L', mode: number, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  name.copy(block);
  block.write(octal(mode & 0o7777, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  block.write(' '.repeat(8), 148);
  block.write(type, 156);
  block.write('ustar  ', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 7)} `, 148);
  return block;
}

/** Digits, and a NUL at the end. */
function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}
