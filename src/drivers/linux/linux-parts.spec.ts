import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { parseBootTime, parseFreeBytes, parseKeyValues, parseVersionLine } from './host-facts.js';
import { formatManifest, parseManifest, removable, withEntry } from './image-manifest.js';
import type { ManifestEntry } from './image-manifest.js';
import { judgeIdentity, judgeSpace } from './linux-readiness.js';
import { assertSafeDirectory, inEnvironment, quote, resolveDirectory } from './shell-text.js';

describe('what a host prints', () => {
  it('finds the free bytes of df, in bytes or in blocks, also with blanks in a name', () => {
    const gnu =
      'Filesystem          1-blocks        Used   Available Capacity Mounted on\n/dev/sda1      105089261568 18000000000 82738270208      18% /\n';
    expect(parseFreeBytes(gnu)).toBe(82738270208);
    const busybox =
      'Filesystem           1024-blocks    Used Available Capacity Mounted on\noverlay file system   102626232  17651520  80798328  18% /mnt/a b 1\n';
    expect(parseFreeBytes(busybox)).toBe(80798328 * 1024);
    expect(parseFreeBytes('df: no such file')).toBeNull();
  });

  it('reads the boot time, key=value lines, and a version of exactly one line', () => {
    expect(parseBootTime('1763725619')?.toISOString()).toBe('2025-11-21T11:46:59.000Z');
    expect(parseBootTime('')).toBeNull();
    expect(parseKeyValues('a=1\nnonsense\nb=x=y\na=2\n')).toEqual(
      new Map([
        ['a', '2'],
        ['b', 'x=y'],
      ]),
    );
    expect(parseVersionLine('\n  2.0 \n')).toBe('2.0');
    expect(parseVersionLine('kernel-5.1\nkernel-5.2\n')).toBeNull();
    expect(parseVersionLine('')).toBeNull();
  });
});

describe('shell text', () => {
  it('is one word for a real shell, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom("'", '"', '$', '`', '\\', '\n', ' ', '!', '*', '(', 'a', 'é', ';', '&', '-'),
        }),
        (text) => {
          expect(execFileSync('sh', ['-c', `printf %s ${quote(text)}`], { encoding: 'utf8' })).toBe(text);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('gives a command its environment, and refuses what is not one line', () => {
    const environment = {
      SLIPWAY_IMAGE: "/a b/it's",
      SLIPWAY_FILENAME: '$(x)',
      SLIPWAY_VERSION: '1',
      SLIPWAY_DIR: '/a b',
    };
    const command = inEnvironment(environment, 'printf "%s|%s" "$SLIPWAY_IMAGE" "$SLIPWAY_FILENAME"');
    expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toBe("/a b/it's|$(x)");
    expect(() => inEnvironment({ ...environment, SLIPWAY_VERSION: '1\n2' }, 'true')).toThrow(/SLIPWAY_VERSION/);
  });

  it.each([
    [null, '/home/u'],
    ['', '/home/u'],
    ['~', '/home/u'],
    ['~/images', '/home/u/images'],
    ['images/', '/home/u/images'],
    ['/srv/images/', '/srv/images'],
    ['/', '/'],
  ])('resolves the remote_dir %j', (directory, path) => {
    expect(resolveDirectory(directory, '/home/u')).toBe(path);
  });

  it.each(['/a/../b', '$(x)', 'a;b', "a'b", 'a\nb', '-rf', '`x`'])('refuses the remote_dir %j', (directory) => {
    expect(() => assertSafeDirectory(directory)).toThrow(/remote_dir/);
  });
});

describe('the list of images', () => {
  const entry = (filename: string, origin: ManifestEntry['origin'] = 'pushed'): ManifestEntry => ({
    filename,
    version: '1.0',
    hash: 'md5:ab',
    origin,
  });
  const file = (name: string, isRegular = true) => ({ name, isRegular, sizeBytes: 1 });

  it('is read back as it was written; lines of another form are skipped', () => {
    const entries = [entry('a.bin'), { ...entry('b.bin', 'found'), version: '2.0 beta' }];
    expect(parseManifest(formatManifest(entries))).toEqual(entries);
    expect(parseManifest('pushed\t../etc/passwd\t1\nrm\ta.bin\t1\nhello\n\n')).toEqual([]);
  });

  it('keeps what was pushed as ours when it is only found later, and what was found as not ours', () => {
    expect(withEntry([entry('a.bin')], entry('a.bin', 'found'))).toEqual([entry('a.bin')]);
    expect(withEntry([entry('a.bin', 'found')], entry('a.bin', 'found'))).toEqual([entry('a.bin', 'found')]);
  });

  it('never lets go of what is not listed as pushed, not a regular file, or to be kept', () => {
    const names = fc.constantFrom('a.bin', 'b.bin', 'a.bin.part', 'b.bin.part', 'current', '.bashrc', 'x y');
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            filename: names,
            version: fc.constant('1'),
            hash: fc.constant(''),
            origin: fc.constantFrom('pushed' as const, 'found' as const),
          }),
        ),
        fc.array(fc.record({ name: names, isRegular: fc.boolean(), sizeBytes: fc.nat() })),
        fc.array(names),
        (entries, files, keep) => {
          const ours = new Set<string>(
            entries.filter(({ origin }) => origin === 'pushed').map(({ filename }) => filename),
          );
          for (const { name, isRegular } of removable(entries, files, new Set(keep))) {
            expect(isRegular).toBe(true);
            expect(keep).not.toContain(name);
            expect(ours.has(name) || ours.has(name.replace(/\.part$/, ''))).toBe(true);
          }
        },
      ),
    );
  });

  it('lets go of old images and of broken copies of them', () => {
    const files = [
      file('old.bin'),
      file('old.bin.part'),
      file('new.bin'),
      file('new.bin.part'),
      file('theirs.bin'),
      file('link.bin', false),
    ];
    const entries = [entry('old.bin'), entry('new.bin'), entry('theirs.bin', 'found'), entry('link.bin')];
    expect(removable(entries, files, new Set(['new.bin'])).map(({ name }) => name)).toEqual([
      'old.bin',
      'old.bin.part',
    ]);
  });
});

describe('readiness', () => {
  it('needs a tenth more than the image, less what is there', () => {
    const space = { free: 1000, imageBytes: 1000, alreadyThere: 0, removable: null };
    expect(judgeSpace(space)).toMatchObject({
      status: 'fail',
      message: expect.stringMatching(/1100 bytes needed.*1000 free/),
    });
    expect(judgeSpace({ ...space, alreadyThere: 100 }).status).toBe('pass');
    expect(judgeSpace({ ...space, free: 0, alreadyThere: 1000 }).status).toBe('pass');
    expect(judgeSpace({ ...space, removable: 100 }).status).toBe('warning');
    expect(judgeSpace({ ...space, removable: 99 }).status).toBe('fail');
  });

  it('only warns of another host name, and does not mind the domain', () => {
    const device = { hostname: 'web1' } as Parameters<typeof judgeIdentity>[0];
    expect(judgeIdentity(device, 'WEB1.example.com').status).toBe('pass');
    expect(judgeIdentity(device, 'web2').status).toBe('warning');
  });
});
