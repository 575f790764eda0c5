import { DriverError } from '../device-driver.js';
import type { DeviceImage, DriverIo } from '../device-driver.js';
import type { ExecResult } from '../ssh/exec.js';
import type { CommandTrace } from './activation-state.js';
import { parseKeyValues, parseVersionLine } from './host-facts.js';
import { CURRENT_LINK, outcomeOf } from './linux-host.js';
import type { LinuxHost } from './linux-host.js';
import { inEnvironment, quote } from './shell-text.js';
import type { CommandEnvironment } from './shell-text.js';

const TRACE = '.slipway-activation';
const OUTPUT = '.slipway-activation.log';
/** A package's installation may take its time; the step's own time-out comes through the signal. */
const COMMAND_TIMEOUT_MS = 4 * 3600 * 1000;

export interface HostCommand {
  readonly kind: CommandTrace['kind'];
  readonly token: string;
  readonly script: string;
  readonly environment: CommandEnvironment;
  /** What the same shell does once the script has succeeded: moves the link, so that both happen or neither. */
  readonly afterwards: string | null;
}

/**
 * Runs a device model's command so that it outlives a broken connection and leaves a trace of its fate: who asks later
 * (after a crash, or the network that the command itself restarted) learns whether it still runs and how it ended.
 */
export async function runHostCommand(
  host: LinuxHost,
  io: DriverIo,
  command: HostCommand,
): Promise<'reloading' | 'done'> {
  const directory = await host.ensureDirectory();
  let result: ExecResult;
  try {
    result = await host.connection.exec(detached(directory, command), { timeoutMs: COMMAND_TIMEOUT_MS });
  } catch (error) {
    if (!(error instanceof DriverError) || error.code === 'aborted') throw error;
    if (error.code !== 'connection_lost' && error.code !== 'prompt_timeout') throw error;
    io.log(`The connection ended during the ${command.kind} command`);
    return 'reloading';
  }
  for (const line of result.stdout.split('\n')) if (line.trim() !== '') io.log(line);
  if (result.code === null) return 'reloading';
  if (result.code === 0) return (await isGoingDown(host)) ? 'reloading' : 'done';
  throw new DriverError(
    'install_failed',
    host.connection.redact(`The ${command.kind} command failed with ${outcomeOf(result)}`),
  );
}

async function isGoingDown(host: LinuxHost): Promise<boolean> {
  try {
    return (await traceOf(host, '')).isShuttingDown;
  } catch (error) {
    if (error instanceof DriverError && error.code === 'connection_lost') return true;
    throw error;
  }
}

/** `$$` of the inner shell is the process to watch; its start time tells it from a later one with the same number. */
function detached(directory: string, command: HostCommand): string {
  const afterwards = command.afterwards === null ? '' : `[ "$code" -ne 0 ] || { ${command.afterwards}; code=$?; }`;
  const inner = `
    trap '' HUP
    cd -- ${quote(directory)} || exit 97
    { printf 'token=%s\\nkind=%s\\npid=%s\\n' ${quote(command.token)} ${command.kind} "$$"
      echo "boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
      echo "start=$(cut -d' ' -f22 "/proc/$$/stat" 2>/dev/null)"
    } > ${TRACE}.new && mv -f ${TRACE}.new ${TRACE} || exit 98
    ${inEnvironment(command.environment, command.script)}
    code=$?
    ${afterwards}
    echo "exit=$code" >> ${TRACE}
    exit "$code"`;
  const outer = `cd -- ${quote(directory)} || exit 97
    sh -c ${quote(inner)} </dev/null >${OUTPUT} 2>&1 &
    wait $!; code=$?; cat ${OUTPUT}; exit "$code"`;
  return `sh -c ${quote(outer)}`;
}

/** Atomic: `current` is always either the old target or the new one. */
export function linkCommand(directory: string, target: string): string {
  const temporary = quote(`${directory}/.${CURRENT_LINK}.slipway`);
  return `ln -sfn -- ${quote(target)} ${temporary} && mv -f -T -- ${temporary} ${quote(`${directory}/${CURRENT_LINK}`)}`;
}

/** Puts the link back to where it pointed; null: there was none. */
export function restoreLinkCommand(directory: string, target: string | null): string {
  return target === null ? `rm -f -- ${quote(`${directory}/${CURRENT_LINK}`)}` : linkCommand(directory, target);
}

export interface HostState {
  readonly bootId: string | null;
  readonly bootSeconds: string | undefined;
  readonly isShuttingDown: boolean;
  /** Of the command with the token; null when it left none. */
  readonly trace: CommandTrace | null;
  /** A command runs, of this activation or another one. */
  readonly isBusy: boolean;
}

/** One look at the host: its boot, whether it is going down, and what a command left behind. */
export async function traceOf(host: LinuxHost, token: string): Promise<HostState> {
  const script = `
    echo "now_boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
    echo "btime=$(sed -n 's/^btime //p' /proc/stat 2>/dev/null)"
    echo "system=$(systemctl is-system-running 2>/dev/null)"
    [ -e /run/systemd/shutdown/scheduled ] && echo system=stopping
    cd -- ${quote(await host.directory())} 2>/dev/null || exit 0
    cat ${TRACE} 2>/dev/null || exit 0
    pid=$(sed -n 's/^pid=//p' ${TRACE})
    echo "now_start=$(cut -d' ' -f22 "/proc/$pid/stat" 2>/dev/null)"`;
  const seen = parseKeyValues(await host.run(`sh -c ${quote(script)}`));
  const bootId = seen.get('now_boot') || null;
  const isRunning =
    !!seen.get('start') &&
    !seen.has('exit') &&
    seen.get('boot') === (bootId ?? '') &&
    seen.get('start') === seen.get('now_start');
  const exit = seen.get('exit');
  const trace: CommandTrace = {
    kind: seen.get('kind') === 'rollback' ? 'rollback' : 'activate',
    isRunning,
    exitCode: exit === undefined ? null : Number(exit),
  };
  return {
    bootId,
    bootSeconds: seen.get('btime'),
    isShuttingDown: seen.get('system') === 'stopping',
    trace: token !== '' && seen.get('token') === token ? trace : null,
    isBusy: isRunning,
  };
}

/** The version `commands.verify` prints; null when it fails or prints none, as with a service that is still starting. */
export async function verifiedVersion(
  host: LinuxHost,
  io: DriverIo,
  verify: string,
  environment: CommandEnvironment,
): Promise<string | null> {
  try {
    const result = await host.connection.exec(inEnvironment(environment, verify), { timeoutMs: 60_000 });
    const version = result.code === 0 ? parseVersionLine(result.stdout) : null;
    if (version === null) io.log(host.connection.redact(`The verify command printed no version: ${outcomeOf(result)}`));
    return version;
  } catch (error) {
    if (!(error instanceof DriverError) || error.code !== 'prompt_timeout') throw error;
    io.log(error.message);
    return null;
  }
}

export async function environmentOf(
  host: LinuxHost,
  image: Pick<DeviceImage, 'filename' | 'version'>,
): Promise<CommandEnvironment> {
  return {
    SLIPWAY_IMAGE: image.filename === '' ? '' : await host.pathOf(image.filename),
    SLIPWAY_FILENAME: image.filename,
    SLIPWAY_VERSION: image.version,
    SLIPWAY_DIR: await host.directory(),
  };
}
