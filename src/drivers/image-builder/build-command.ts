import { basename, dirname, join } from 'node:path';
import { split } from 'shlex';

/** One build of a disk image. Plain JSON, made from the row and the configuration each time; `id` and `filename` are its key. */
export interface ImageBuild {
  /** Of its row; never used for another build. */
  readonly id: number;
  readonly imageName: string;
  /** Absolute, without extension: the files are `<filename>.<format>`. */
  readonly filename: string;
  /** `qcow2`, `raw`, `vhd`, `tar`; none: `qcow2`. */
  readonly formats: readonly string[];
  readonly elements: readonly string[];
  readonly release: string | null;
  readonly envVars: Readonly<Record<string, string>>;
  readonly elementsDir: string | null;
  readonly scriptDir: string | null;
  readonly timeoutS: number;
}

/** What tells where a build's files are. */
export type BuildFiles = Pick<ImageBuild, 'id' | 'filename' | 'formats'>;

/**
 * The arguments of spec nodepool section 2.4. The setting and each element are split as a shell would, as the original
 * did with the whole line (an element may bring an option with it); the file's name stays one argument.
 */
export function buildCommand(setting: string, build: ImageBuild): string[] {
  const formats = formatsOf(build);
  const compatible = formats.includes('qcow2') ? ['--qemu-img-options', 'compat=0.10'] : [];
  const elements = build.elements.flatMap((element) => split(element));
  const output = ['-o', draftOf(build)];
  const [program = '', ...first] = split(setting);
  return [program, ...first, '-x', '-t', formats.join(','), '--no-tmpfs', ...compatible, ...output, ...elements];
}

export function buildEnvironment(
  inherited: Readonly<Record<string, string>>,
  build: ImageBuild,
): Record<string, string> {
  return {
    ...inherited,
    DIB_RELEASE: build.release ?? '',
    DIB_IMAGE_NAME: build.imageName,
    DIB_IMAGE_FILENAME: draftOf(build),
    ...(build.elementsDir === null ? {} : { ELEMENTS_PATH: build.elementsDir }),
    ...(build.scriptDir === null ? {} : { NODEPOOL_SCRIPTDIR: build.scriptDir }),
    ...build.envVars,
  };
}

export function formatsOf(build: Pick<ImageBuild, 'formats'>): readonly string[] {
  return build.formats.length > 0 ? build.formats : ['qcow2'];
}

/** A folder beside the images, so that a finished one only has to be renamed; whatever the tool leaves there goes with it. */
export function draftFolder(build: BuildFiles): string {
  return join(dirname(build.filename), `.${basename(build.filename)}.${build.id}.building`);
}

/** What the tool is told as its output: a name without extension in the draft folder. */
export function draftOf(build: BuildFiles): string {
  return join(draftFolder(build), basename(build.filename));
}
