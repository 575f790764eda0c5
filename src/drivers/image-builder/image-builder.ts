import { constants } from 'node:fs';
import { access, appendFile, lstat, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { join as quoted } from 'shlex';
import { makePrivateFolder } from '../private-folder.js';
import { ActionError } from '../../common/errors.js';
import { boundLog, readTail } from '../bounded-log/bounded-log.js';
import { moveDurably, removeAll, syncPath } from '../durable-files/durable-files.js';
import {
  claimStart,
  lookAtSupervised,
  startSupervised,
  stopSupervised,
  type SupervisedState,
} from '../supervised/supervised-process.js';
import {
  type BuildFiles,
  buildCommand,
  buildEnvironment,
  draftFolder,
  draftOf,
  formatsOf,
  type ImageBuild,
} from './build-command.js';

const LOG = { limit: 4 * 1024 * 1024, head: 256 * 1024, tail: 2 * 1024 * 1024 };

export type BuildState =
  /** Nobody has started it. */
  | { readonly state: 'absent' }
  | { readonly state: 'running'; readonly startedAt: Date; readonly pid: number }
  /** Still running after its time: to be stopped. */
  | { readonly state: 'overdue'; readonly startedAt: Date; readonly message: string }
  | { readonly state: 'ended'; readonly exitCode: number; readonly message: string }
  /** It ended without a word: killed, or the machine went down. */
  | { readonly state: 'lost'; readonly message: string };

export interface BuiltImage {
  readonly format: string;
  readonly path: string;
  readonly sizeBytes: number;
}

export interface ImageBuilderSettings {
  /** `disk-image-create`, a path, or either with arguments in front. */
  readonly command: string;
  /** Absolute: one folder for each build with its log and who it is. */
  readonly recordsFolder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Between TERM and KILL. */
  readonly graceMs?: number;
}

/**
 * Runs `disk-image-create` (spec nodepool section 2.4). Each method is short and may be repeated; a build runs on by itself
 * when this process ends, and is found again by what it wrote about itself beside its log. It needs Linux's `/proc`.
 */
export class ImageBuilder {
  constructor(private readonly settings: ImageBuilderSettings) {}

  /** Starts the build unless it was started before, whatever became of it then. */
  async start(build: ImageBuild): Promise<void> {
    if ((await lookAtSupervised(this.recordOf(build), null)).state !== 'absent') return;
    try {
      const env = buildEnvironment(this.settings.environment, build);
      const [program = '', ...rest] = buildCommand(this.settings.command, build);
      const argv = [program.includes('/') ? resolve(program) : program, ...rest];
      await makePrivateFolder(this.folderOf(build));
      const missing = await whyNotExecutable(argv[0] ?? '', env.PATH ?? '');
      if (missing !== null) return await this.failToStart(build, missing);
      await mkdir(draftFolder(build), { recursive: true, mode: 0o755 });
      await appendFile(this.logPath(build), `$ ${quoted(argv)}\n`, { mode: 0o600 });
      await startSupervised({
        record: this.recordOf(build),
        argv,
        cwd: dirname(build.filename),
        env,
        output: this.logPath(build),
        exitCode: this.exitCodeOf(build),
        account: null,
      });
    } catch (error) {
      const { message } = error as Error;
      throw new ActionError(`The build cannot be started: ${message}`, {
        code: 'build_not_started',
        retryable: false,
        cause: error,
      });
    }
  }

  async look(build: ImageBuild): Promise<BuildState> {
    await boundLog(this.logPath(build), LOG);
    const found = await lookAtSupervised(this.recordOf(build), this.exitCodeOf(build));
    if (found.state === 'absent') return found;
    if (found.state === 'ended') return this.howItEnded(build, found);
    const { startedAt, pid } = found;
    if (Date.now() - startedAt.getTime() <= build.timeoutS * 1000) return { state: 'running', startedAt, pid };
    return { state: 'overdue', startedAt, message: `The build has not ended within ${build.timeoutS} s` };
  }

  /** Ends the build and all it started, and resolves when nothing of it runs; one not yet started never will. */
  async stop(build: BuildFiles): Promise<void> {
    await makePrivateFolder(this.folderOf(build));
    if (await claimStart(this.recordOf(build))) return;
    await stopSupervised(this.recordOf(build), this.settings.graceMs ?? 10_000);
  }

  /** After a build that ended well: every format it was asked for is there and not empty, or nothing is. */
  async finish(build: ImageBuild): Promise<BuiltImage[]> {
    // The tool may have left something behind that still writes.
    await this.stop(build);
    const images: BuiltImage[] = [];
    for (const format of formatsOf(build)) images.push(await this.findImage(build, format));
    for (const { format, path } of images) {
      const draft = `${draftOf(build)}.${format}`;
      if ((await sizeOf(draft)) === null) continue;
      await syncPath(draft);
      await moveDurably(draft, path);
    }
    await removeAll(draftFolder(build));
    return images;
  }

  /** The images and whatever an unfinished build left of them. The log stays. */
  async removeFiles(build: BuildFiles): Promise<void> {
    await removeAll(draftFolder(build));
    for (const format of formatsOf(build)) await removeAll(`${build.filename}.${format}`);
  }

  logPath(build: BuildFiles): string {
    return join(this.folderOf(build), 'build.log');
  }

  /** The end of the log, whole lines; also while it is being written and long after. Null: there is none. */
  readLog(build: BuildFiles, tailBytes = 1024 * 1024): Promise<string | null> {
    return readTail(this.logPath(build), tailBytes);
  }

  /** Forgets all but the newest builds' logs, never that of one that runs. */
  async prune(keepNewest: number): Promise<void> {
    const folders = await this.recordFolders();
    for (const folder of folders.slice(keepNewest)) {
      const { state } = await lookAtSupervised(join(folder, 'process'), null);
      if (state !== 'running') await removeAll(folder);
    }
  }

  private async howItEnded(
    build: BuildFiles,
    { exitCode }: Extract<SupervisedState, { state: 'ended' }>,
  ): Promise<BuildState> {
    if (exitCode === null) return { state: 'lost', message: 'The build was interrupted' };
    const lines = ((await this.readLog(build, 4096)) ?? '').trim().split('\n');
    const said = lines[lines.length - 1] ?? '';
    const message = exitCode === 0 ? said : `The build ended with code ${exitCode}: ${said}`;
    return { state: 'ended', exitCode, message };
  }

  private async failToStart(build: ImageBuild, reason: string): Promise<void> {
    if (!(await claimStart(this.recordOf(build)))) return;
    await appendFile(this.logPath(build), `Failed to exec ${reason}\n`, { mode: 0o600 });
    await writeFile(this.exitCodeOf(build), '127\n', { mode: 0o600 });
  }

  private async findImage(build: ImageBuild, format: string): Promise<BuiltImage> {
    const path = `${build.filename}.${format}`;
    // Already in its place: an earlier call got as far as this.
    const sizeBytes = (await sizeOf(`${draftOf(build)}.${format}`)) ?? (await sizeOf(path));
    if (sizeBytes) return { format, path, sizeBytes };
    const what = sizeBytes === 0 ? 'an empty' : 'no';
    throw new ActionError(`The build left ${what} ${basename(path)}`, { code: 'image_missing', retryable: false });
  }

  /** The newest first; by time, since the numbers of a fresh database begin anew. */
  private async recordFolders(): Promise<string[]> {
    const { recordsFolder } = this.settings;
    const names = (await readdir(recordsFolder).catch(() => [])).filter((name) => /^\d+-/.test(name));
    const dated = await Promise.all(
      names.map(async (name) => {
        const path = join(recordsFolder, name);
        return { path, time: (await stat(path).catch(() => null))?.mtimeMs ?? 0 };
      }),
    );
    return dated.sort((a, b) => b.time - a.time).map(({ path }) => path);
  }

  /** The file's name is part of it: a fresh database counts from 1 again and must not take an old build for its own. */
  private folderOf(build: BuildFiles): string {
    return join(this.settings.recordsFolder, `${build.id}-${basename(build.filename)}`);
  }

  private recordOf(build: BuildFiles): string {
    return join(this.folderOf(build), 'process');
  }

  private exitCodeOf(build: BuildFiles): string {
    return join(this.folderOf(build), 'exit-code');
  }
}

/** Null: it can be run. Asked beforehand, since a tool's own exit code 127 means something else. */
async function whyNotExecutable(program: string, path: string): Promise<string | null> {
  if (program === '') return 'nothing: the build command is empty';
  const places = program.includes('/')
    ? [resolve(program)]
    : path.split(delimiter).map((folder) => join(folder, program));
  for (const place of places) if (await isExecutable(place)) return null;
  return program.includes('/') ? `${program}: no such executable file` : `${program}: not found in PATH`;
}

async function isExecutable(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) return false;
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Null for what is not there; a link or a folder is no image. */
async function sizeOf(path: string): Promise<number | null> {
  const found = await lstat(path).catch(() => null);
  return found?.isFile() ? found.size : null;
}
