import { DriverError } from '../device-driver.js';

/** One word for a POSIX shell, whatever it holds. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** What an operator's command gets to know. Given as environment, so nothing is ever pasted into the command itself. */
export interface CommandEnvironment {
  /** Absolute path of the image on the host. */
  readonly SLIPWAY_IMAGE: string;
  readonly SLIPWAY_FILENAME: string;
  readonly SLIPWAY_VERSION: string;
  /** Directory of the images. */
  readonly SLIPWAY_DIR: string;
}

/** `env` and `sh -c` keep the meaning the same under any login shell. */
export function inEnvironment(environment: CommandEnvironment, script: string): string {
  const assignments = Object.entries(environment).map(([name, value]) => quote(`${name}=${assertPlain(name, value)}`));
  return ['env', ...assignments, 'sh', '-c', quote(script)].join(' ');
}

function assertPlain(what: string, value: string): string {
  if (!/^\P{Cc}{0,4096}$/u.test(value)) {
    throw new DriverError('invalid_name', `${what} may not hold ${JSON.stringify(value)}`);
  }
  return value;
}

/** Where images may go: quoted everywhere, yet kept to plain names so that logs and commands stay readable. */
export function assertSafeDirectory(directory: string): string {
  const isPlain = /^[A-Za-z0-9._+@:/ ~-]{1,1024}$/.test(directory);
  if (!isPlain || directory.split('/').includes('..') || directory.startsWith('-')) {
    throw new DriverError('invalid_name', `The remote_dir ${JSON.stringify(directory)} may not be used on a host`);
  }
  return directory;
}

/** `null`, `~` and relative directories are below the login's home. */
export function resolveDirectory(directory: string | null, home: string): string {
  const wanted = assertSafeDirectory(directory === null || directory === '' ? '~' : directory).replace(/\/+$/, '');
  if (wanted.startsWith('/') || wanted === '') return wanted === '' ? '/' : wanted;
  const below = wanted.replace(/^~(?=\/|$)/, '').replace(/^\/+/, '');
  return below === '' ? home : `${home.replace(/\/+$/, '')}/${below}`;
}
