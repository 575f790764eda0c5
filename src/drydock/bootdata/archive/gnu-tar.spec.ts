import { execFileSync } from 'node:child_process';
import { gnuTar, type TarFile } from './gnu-tar.js';

const archive = (files: readonly TarFile[]) => Buffer.concat([...gnuTar(files)]);
const file = (path: string, more: Partial<TarFile> = {}): TarFile => ({
  path,
  mode: 0o600,
  bytes: Buffer.from(path),
  ...more,
});
/** What GNU tar says of an archive. */
const listed = (input: Buffer) =>
  execFileSync('tar', ['-tvPf', '-', '--numeric-owner', '--full-time', '--utc', '--quoting-style=literal'], {
    input,
    encoding: 'utf8',
  });

describe('an archive', () => {
  it('holds names word for word, modes, owner 0 and the beginning of time', () => {
    expect(listed(archive([file('/var/tmp/hello.sh', { mode: 0o555 }), file('/etc/x', { mode: 0o4755 })]))).toBe(
      '-r-xr-xr-x 0/0              17 1970-01-01 00:00:00 /var/tmp/hello.sh\n' +
        '-rwsr-xr-x 0/0               6 1970-01-01 00:00:00 /etc/x\n',
    );
  });

  it.each([99, 100, 101, 255, 256, 511, 512, 513, 4000])('keeps a name of %d bytes', (length) => {
    const path = `/${'d/'.repeat(length).slice(0, length - 2)}f`;
    expect(
      listed(archive([file(path), file('/after')]))
        .split('\n')
        .map((line) => line.split(' ').at(-1)),
    ).toEqual([path, '/after', '']);
  });

  it.each(['/a b', '/é', '/日本語', "/it's", '/-rf', '/a;b$c', `/${'é'.repeat(60)}`])('keeps the name %s', (path) => {
    expect(listed(archive([file(path)]))).toContain(` ${path}\n`);
  });

  it('keeps two files of one name, in order', () => {
    const both = archive([file('/x', { bytes: Buffer.from('first') }), file('/x', { bytes: Buffer.from('last') })]);
    expect(listed(both).match(/\/x$/gm)).toHaveLength(2);
    expect(execFileSync('tar', ['-xPOf', '-'], { input: both, encoding: 'utf8' })).toBe('firstlast');
  });

  it.each([0, 1, 511, 512, 513, 100_000])('keeps %d bytes', (size) => {
    const bytes = Buffer.alloc(size, 7);
    expect(execFileSync('tar', ['-xPOf', '-'], { input: archive([file('/x', { bytes })]) })).toEqual(bytes);
  });

  it('is whole and empty when there is nothing in it', () => {
    expect(listed(archive([]))).toBe('');
    expect(archive([])).toHaveLength(10_240);
  });

  it('is byte for byte what Python’s tarfile writes', () => {
    const python = `
import tarfile, io, sys
out = io.BytesIO()
t = tarfile.open(mode='w', fileobj=out, format=tarfile.GNU_FORMAT)
for name, mode, data in (('/etc/a', 0o555, b'hello'), ('/' + 'd' * 130, 0o600, b'')):
    i = tarfile.TarInfo(name); i.mode = mode; i.size = len(data)
    t.addfile(i, io.BytesIO(data))
t.close()
sys.stdout.buffer.write(out.getvalue())`;
    const theirs = execFileSync('python3', ['-c', python]);
    const ours = archive([
      file('/etc/a', { mode: 0o555, bytes: Buffer.from('hello') }),
      file(`/${'d'.repeat(130)}`, { bytes: Buffer.alloc(0) }),
    ]);
    expect(ours.equals(theirs)).toBe(true);
  });
});
