import { appendFile, chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageBuild } from '../../src/drivers/image-builder/build-command.js';
import { ImageBuilder, type BuildState } from '../../src/drivers/image-builder/image-builder.js';
import { imageBuild, inKilledProcess, isRunning, journalLine, makeFolder, STANDIN, until } from './pool-support.js';
import { onLinux } from '../support/on-linux.js';

onLinux('the builder of disk images', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let journal: string;
  let builder: ImageBuilder;
  const started: ImageBuild[] = [];

  beforeEach(async () => {
    folder = await makeFolder();
    journal = join(folder.path, 'journal');
    builder = builderWith({});
  });

  afterEach(async () => {
    for (const build of started.splice(0)) await builder.stop(build);
    await folder.remove();
  });

  it('gives the tool the arguments and the environment of the contract', async () => {
    const spy = join(folder.path, 'spy create');
    await writeFile(
      spy,
      `#!/bin/sh\nfor a in "$@"; do echo "arg $a"; done\nenv | sort\necho x >"$DIB_IMAGE_FILENAME.qcow2"\n`,
    );
    await chmod(spy, 0o755);
    builder = builderWith({
      command: `'${spy}' --first "two words"`,
      environment: { PATH: '/usr/bin:/bin', OUTER: '1' },
    });
    const build = begin({
      formats: ['qcow2', 'raw'],
      elements: ['ubuntu-minimal', 'vm -p "a b"', '$(touch owned);x'],
      release: 'jammy',
      elementsDir: '/elements',
      scriptDir: '/scripts',
      envVars: { MINE: 'yes; no', OUTER: '2' },
    });

    await builder.start(build);
    expect(await ended(build)).toMatchObject({ exitCode: 0 });

    const log = ((await builder.readLog(build)) ?? '').split('\n');
    const draft = log.find((line) => line.startsWith('DIB_IMAGE_FILENAME='))?.split('=')[1] ?? '';
    expect(draft.endsWith('/ubuntu-1700000000')).toBe(true);
    expect(log.filter((line) => line.startsWith('arg ')).map((line) => line.slice(4))).toEqual(
      // prettier-ignore
      ['--first', 'two words', '-x', '-t', 'qcow2,raw', '--no-tmpfs', '--qemu-img-options', 'compat=0.10', '-o', draft,
        'ubuntu-minimal', 'vm', '-p', 'a b', '$(touch', 'owned);x'],
    );
    expect(log).toEqual(
      // prettier-ignore
      expect.arrayContaining(['DIB_RELEASE=jammy', 'DIB_IMAGE_NAME=ubuntu', 'ELEMENTS_PATH=/elements',
        'NODEPOOL_SCRIPTDIR=/scripts', 'MINE=yes; no', 'OUTER=2']),
    );
    // The process's own settings do not get there: only what the builder was given.
    expect(log.some((line) => /^(DATABASE_URL|SLIPWAY_SECRET_KEY)=/.test(line))).toBe(false);
  });

  it('puts the images in their place only when all are there, and leaves nothing else behind', async () => {
    const build = begin({ formats: ['raw', 'qcow2'], envVars: { STANDIN_CONTENT: 'one' } });
    await builder.start(build);
    await ended(build);
    expect(await readdir(join(folder.path, 'images'))).toEqual(['.ubuntu-1700000000.7.building']);

    const images = await builder.finish(build);

    expect(images.map(({ format, path }) => [format, path])).toEqual([
      ['raw', `${build.filename}.raw`],
      ['qcow2', `${build.filename}.qcow2`],
    ]);
    expect(await readFile(`${build.filename}.raw`, 'utf8')).toMatch(/^ubuntu one raw\n/);
    expect((await readdir(join(folder.path, 'images'))).sort()).toEqual([
      'ubuntu-1700000000.qcow2',
      'ubuntu-1700000000.raw',
    ]);
    // Again, as after a crash behind the renaming.
    expect(await builder.finish(build)).toEqual(images);
    await builder.removeFiles(build);
    expect(await readdir(join(folder.path, 'images'))).toEqual([]);
    expect(await builder.readLog(build)).toContain('Build completed successfully');
  });

  it.each([
    ['missing', 'no ubuntu-1700000000.raw'],
    ['empty', 'an empty ubuntu-1700000000.raw'],
  ])('does not believe a success that leaves a %s image', async (what, said) => {
    const build = begin({ envVars: { STANDIN_LEAVE: what } });
    await builder.start(build);
    expect(await ended(build)).toMatchObject({ exitCode: 0 });
    await expect(builder.finish(build)).rejects.toThrow(said);
    await builder.removeFiles(build);
    expect(await readdir(join(folder.path, 'images'))).toEqual([]);
  });

  it('tells how a build failed, and keeps its log', async () => {
    const build = begin({ envVars: { STANDIN_EXIT: '3' } });
    await builder.start(build);
    expect(await ended(build)).toEqual({
      state: 'ended',
      exitCode: 3,
      message: 'The build ended with code 3: Something went wrong in the middle',
    });
    await builder.removeFiles(build);
    expect(await readdir(join(folder.path, 'images'))).toEqual([]);
    expect(await builder.readLog(build)).toContain('elements path none');
  });

  it.each([
    ['no-such-tool', 'no-such-tool: not found in PATH'],
    ['/nowhere/disk-image-create', '/nowhere/disk-image-create: no such executable file'],
    [import.meta.filename, 'no such executable file'],
    ['', 'the build command is empty'],
  ])('fails visibly when the tool is %p', async (command, said) => {
    builder = builderWith({ command });
    const build = begin({});
    await builder.start(build);
    expect(await builder.look(build)).toMatchObject({ state: 'ended', exitCode: 127 });
    const log = await builder.readLog(build);
    expect(log).toContain('Failed to exec ');
    expect(log).toContain(said);
  });

  it('runs a build once, however often and from wherever it is started', async () => {
    const gate = join(folder.path, 'gate');
    const build = begin({ envVars: { STANDIN_JOURNAL: journal, STANDIN_WAIT: gate } });
    await Promise.all(Array.from({ length: 8 }, () => builderWith({}).start(build)));
    await writeFile(gate, '');
    await ended(build);
    await builder.start(build);
    expect(await builder.look(build)).toMatchObject({ state: 'ended', exitCode: 0 });
    expect((await readFile(journal, 'utf8')).match(/^run /gm)).toHaveLength(1);
  });

  it('never starts a build that was stopped before', async () => {
    const build = begin({ envVars: { STANDIN_JOURNAL: journal } });
    await builder.stop(build);
    await builder.start(build);
    expect(await builder.look(build)).toMatchObject({ state: 'lost' });
    expect(await journalLine(journal, 'run')).toBeNull();
  });

  it('stops all that a build started, also what left its process group and what ignores TERM', async () => {
    builder = builderWith({ graceMs: 300 });
    const build = begin({ envVars: { STANDIN_JOURNAL: journal, STANDIN_WAIT: '/never', STANDIN_STUBBORN: '1' } });
    await builder.start(build);
    const pids = (await until(() => journalLine(journal, 'waiting'), 'the build waits')).slice(1).map(Number);
    expect(await builder.look(build)).toMatchObject({ state: 'running' });
    for (const pid of pids) expect(await isRunning(pid)).toBe(true);

    await builder.stop(build);

    for (const pid of pids) expect(await isRunning(pid)).toBe(false);
    expect((await builder.look(build)).state).toMatch(/^(ended|lost)$/);
    await builder.removeFiles(build);
    expect(await readdir(join(folder.path, 'images'))).toEqual([]);
  });

  it('says when a build has had its time', async () => {
    const build = begin({ envVars: { STANDIN_JOURNAL: journal, STANDIN_WAIT: '/never' }, timeoutS: 0 });
    await builder.start(build);
    const { state } = await until(async () => {
      const found = await builder.look(build);
      return found.state === 'running' ? false : found;
    }, 'the build is overdue');
    expect(state).toBe('overdue');
  });

  it('finds a build again after the process that started it was killed, and learns how it ended', async () => {
    const gate = join(folder.path, 'gate');
    const build = begin({ envVars: { STANDIN_JOURNAL: journal, STANDIN_WAIT: gate, STANDIN_CONTENT: 'kept' } });
    await inKilledProcess('build', { settings: settingsWith({}), build });
    await until(() => journalLine(journal, 'waiting'), 'the build waits');

    const [, pid] = (await journalLine(journal, 'run')) ?? [];
    expect(await builder.look(build)).toMatchObject({ state: 'running' });
    await builder.start(build);
    await writeFile(gate, '');

    expect(await ended(build)).toMatchObject({ state: 'ended', exitCode: 0 });
    expect(await journalLine(journal, 'run')).toContain(pid);
    await builder.finish(build);
    expect(await readFile(`${build.filename}.raw`, 'utf8')).toContain('ubuntu kept raw');
  });

  it('stops a build whose starter was killed', async () => {
    const build = begin({ envVars: { STANDIN_JOURNAL: journal, STANDIN_WAIT: '/never' } });
    await inKilledProcess('build', { settings: settingsWith({}), build });
    const pids = (await until(() => journalLine(journal, 'waiting'), 'the build waits')).slice(1).map(Number);
    await builder.stop(build);
    for (const pid of pids) expect(await isRunning(pid)).toBe(false);
  });

  it('does not take another process for the build when its number was given out again', async () => {
    const build = begin({ envVars: { STANDIN_JOURNAL: journal, STANDIN_WAIT: '/never' } });
    await builder.start(build);
    await until(() => journalLine(journal, 'waiting'), 'the build waits');
    await builder.stop(build);
    // A record that names a process which is alive, but was started at another time: this very one.
    const record = join(folder.path, 'records', '7-ubuntu-1700000000', 'process');
    const [first, stat, boot] = (await readFile(record, 'utf8')).split('\n');
    await writeFile(record, `${first}\n${(stat ?? '').replace(/^\d+/, String(process.pid))}\n${boot}\n`);
    expect((await builder.look(build)).state).not.toBe('running');
    await builder.stop(build);
    expect(await isRunning(process.pid)).toBe(true);
    // The same after the machine was started anew: then no number means anything.
    const own = await readFile('/proc/self/stat', 'utf8');
    await writeFile(record, `${first}\n${own.trim()}\nanother-boot\n`);
    expect((await builder.look(build)).state).not.toBe('running');
  });

  it('has a readable log while the build runs, within bounds, its beginning and its end kept', async () => {
    const build = begin({ envVars: { STANDIN_JOURNAL: journal, STANDIN_WAIT: join(folder.path, 'gate') } });
    await builder.start(build);
    await until(() => journalLine(journal, 'waiting'), 'the build waits');
    expect(await builder.readLog(build)).toMatch(/^\$ .*disk-image-create -x -t raw/);
    const line = `${'x'.repeat(99)}\n`;
    await appendFile(builder.logPath(build), line.repeat(60_000));
    await builder.look(build);
    await writeFile(join(folder.path, 'gate'), '');
    await ended(build);

    const log = (await builder.readLog(build, 10_000_000)) ?? '';
    expect(log.length).toBeLessThan(3_000_000);
    expect(log).toMatch(/^\$ .*disk-image-create/);
    expect(log).toMatch(/\n\[\.\.\. \d+ bytes left out \.\.\.\]\n/);
    expect(log.trimEnd().endsWith('Build completed successfully')).toBe(true);
    expect((await builder.readLog(build, 150))?.startsWith('x'.repeat(99))).toBe(true);
  });

  it('forgets old logs, but never that of a build that runs', async () => {
    const running = begin({ id: 11, envVars: { STANDIN_WAIT: join(folder.path, 'gate') } });
    await builder.start(running);
    // As after a fresh start with an empty database: the newest has the lowest number.
    for (const id of [10, 3, 1]) {
      const build = begin({ id });
      await builder.start(build);
      await ended(build);
    }
    await builder.prune(1);
    expect((await readdir(join(folder.path, 'records'))).sort()).toEqual([
      '1-ubuntu-1700000000',
      '11-ubuntu-1700000000',
    ]);
  });

  it('says what keeps it from starting', async () => {
    await expect(builder.start(begin({ elements: [`"unfinished`] }))).rejects.toThrow('The build cannot be started: ');
    await mkdir(join(folder.path, 'images'));
    await writeFile(join(folder.path, 'images', '.ubuntu-1700000000.7.building'), 'a file in the way');
    await expect(builder.start(begin({}))).rejects.toThrow('The build cannot be started: EEXIST');
  });

  function settingsWith(overrides: Partial<ConstructorParameters<typeof ImageBuilder>[0]>) {
    const environment = { PATH: process.env.PATH ?? '' };
    return { command: STANDIN, recordsFolder: join(folder.path, 'records'), environment, ...overrides };
  }

  function builderWith(overrides: Partial<ConstructorParameters<typeof ImageBuilder>[0]>): ImageBuilder {
    return new ImageBuilder(settingsWith(overrides));
  }

  function begin(overrides: Partial<ImageBuild>): ImageBuild {
    const build = imageBuild(folder.path, overrides);
    started.push(build);
    return build;
  }

  function ended(build: ImageBuild): Promise<BuildState> {
    return until(async () => {
      const found = await builder.look(build);
      return found.state === 'ended' || found.state === 'lost' ? found : false;
    }, 'the build has ended');
  }
});
