import { quote } from '../linux/shell-text.js';
import type { HostCommand, HostFile } from './node-host-driver.js';

/**
 * What is run on a node, as text for its `sh`. Everything Slipway keeps there is in one directory of the login's home:
 *
 *     ~/.slipway/node-<id>/lock                  held while something is started or looked through
 *     ~/.slipway/node-<id>/<token>/script        what runs
 *                                 /trace        who runs it: process, its start time, the host's boot
 *                                 /output       what it prints, both streams
 *                                 /exit         its exit code, once it has ended
 */
export interface HostPlaces {
  readonly nodeId: number;
  /** Tells one boot from another. */
  readonly bootIdFile: string;
}

export const EXITS = { noPlace: 90, noTools: 91, cutShort: 92, isDirectory: 93 } as const;
/** Bytes of output per look. */
export const LOOK_BYTES = 65_536;
/** What commands left on the host is kept this long. */
const KEPT_DAYS = 30;
/** Seconds a command gets between being asked to end and being made to. */
const GRACE_S = 10;
const TOOLS = ['flock', 'setsid', 'base64', 'sha256sum', 'awk'];

/**
 * The lock is inherited by the runner and let go by it only when its trace is written: whoever holds the lock and sees
 * no trace knows that the command was never started, wherever an earlier start was cut off.
 */
export function startScript(places: HostPlaces, command: HostCommand): string {
  const size = Buffer.byteLength(command.script);
  return inShell(`
    ${enter(places)}
    ${needTools()}
    ${lock()}
    ${isAlive(places)}
    if [ -f ${command.token}/trace ]; then echo known; exit 0; fi
    for other in */trace; do
      if [ -f "$other" ] && alive "\${other%/trace}"; then echo busy; exit 0; fi
    done
    find . -mindepth 1 -maxdepth 1 -type d -mtime +${KEPT_DAYS} -exec rm -rf -- {} +
    rm -rf -- ${command.token} && mkdir -- ${command.token} && cat > ${command.token}/script || exit ${EXITS.noPlace}
    [ "$(wc -c < ${command.token}/script)" -eq ${size} ] || exit ${EXITS.cutShort}
    cd -- ${command.token} || exit ${EXITS.noPlace}
    setsid sh -c ${quote(runner(places, command))} </dev/null >/dev/null 2>&1 &
    exec 9>&-
    cd .. && ${lock()}
    echo started`);
}

function runner({ bootIdFile }: HostPlaces, { cwd, environment }: HostCommand): string {
  const assignments = Object.entries(environment).map(([name, value]) => quote(`${name}=${value}`));
  return `
    trap '' HUP
    home=$(pwd)
    { echo "pid=$$"; echo "boot=$(cat ${quote(bootIdFile)})"; echo "start=$(cut -d' ' -f22 "/proc/$$/stat")"; } > trace.new &&
      mv -f trace.new trace || exit 1
    exec 9>&-
    exec >output 2>&1
    if cd -- ${quote(cwd)}; then env ${assignments.join(' ')} sh "$home/script"; code=$?; else code=97; fi
    echo "$code" > "$home/exit.new" && mv -f "$home/exit.new" "$home/exit"`;
}

/** The state before the output: of a command that has ended, all output is there. */
export function lookScript(places: HostPlaces, token: string, fromByte: number): string {
  return inShell(`
    ${enter(places)}
    ${isAlive(places)}
    [ -f ${token}/trace ] || { echo state=absent; exit 0; }
    state=running
    alive ${token} || state=lost
    [ ! -f ${token}/exit ] || state=ended
    echo "state=$state"
    echo "exit=$(cat ${token}/exit 2>/dev/null)"
    echo "size=$(wc -c 2>/dev/null < ${token}/output)"
    echo
    tail -c +${fromByte + 1} ${token}/output 2>/dev/null | head -c ${LOOK_BYTES} | base64`);
}

/** Ends commands of this node's with all their processes, and prints their tokens. Null: whatever runs. */
export function haltScript(places: HostPlaces, token: string | null): string {
  return inShell(`
    ${enter(places)}
    ${needTools()}
    ${lock()}
    ${isAlive(places)}
    running=
    for trace in ${token ?? '*'}/trace; do
      if [ -f "$trace" ] && alive "\${trace%/trace}"; then running="$running \${trace%/trace}"; fi
    done
    exec 9>&-
    for token in $running; do
      echo "$token"
      pid=$(sed -n 's/^pid=//p' "$token/trace")
      kill -s TERM -- "-$pid" 2>/dev/null
      left=${GRACE_S * 5}
      while alive "$token" && [ "$left" -gt 0 ]; do sleep 0.2; left=$((left - 1)); done
      while alive "$token"; do
        for one in $(members "$pid"); do kill -s KILL "$one" 2>/dev/null; done
        sleep 0.2
      done
    done`);
}

export function forgetScript(places: HostPlaces): string {
  return inShell(`
    ${enter(places)}
    ${needTools()}
    ${lock()}
    ${isAlive(places)}
    for trace in */trace; do
      if [ -f "$trace" ] && ! alive "\${trace%/trace}"; then rm -rf -- "\${trace%/trace}"; fi
    done`);
}

/** A cut connection ends the input early, so the file's content is compared before it takes its place. */
export function uploadScript({ path, permissions }: HostFile, sha256: string): string {
  const slash = path.lastIndexOf('/');
  const [directory, name] = [path.slice(0, slash) || '/', path.slice(slash + 1)];
  return inShell(`
    mkdir -p -- ${quote(directory)} && cd -- ${quote(directory)} || exit ${EXITS.noPlace}
    [ ! -d ${quote(name)} ] || exit ${EXITS.isDirectory}
    umask 077
    new=${quote(`.${name}.slipway`)}.$$
    cat > "$new" || { rm -f -- "$new"; exit ${EXITS.noPlace}; }
    found=$(sha256sum < "$new" | cut -d' ' -f1)
    [ "$found" = ${sha256} ] || { rm -f -- "$new"; exit ${EXITS.cutShort}; }
    chmod ${permissions} -- "$new" && mv -f -- "$new" ${quote(name)} || { rm -f -- "$new"; exit ${EXITS.noPlace}; }`);
}

export function factsScript({ bootIdFile }: HostPlaces): string {
  return inShell(`
    ${needTools()}
    echo "hostname=$(uname -n)"
    echo "system=$(uname -sr)"
    echo "boot=$(cat ${quote(bootIdFile)})"`);
}

function inShell(script: string): string {
  return `sh -c ${quote(script)}`;
}

function enter({ nodeId }: HostPlaces): string {
  return `umask 077
    place="\${HOME:-$(cd && pwd)}/.slipway/node-${nodeId}"
    mkdir -p -- "$place" && cd -- "$place" || exit ${EXITS.noPlace}`;
}

function needTools(): string {
  return `for tool in ${TOOLS.join(' ')}; do
      command -v "$tool" >/dev/null 2>&1 || { echo "$tool" >&2; exit ${EXITS.noTools}; }
    done`;
}

function lock(): string {
  return `exec 9>lock && flock 9 || exit ${EXITS.noPlace}`;
}

/**
 * `alive <token>`: does it run? Told by its process with its start time (the 22nd field), in this boot; when the runner
 * itself was killed, by what is left in its session: as long as there is one, the kernel gives nobody that number.
 */
function isAlive({ bootIdFile }: HostPlaces): string {
  return `members() {
      cat /proc/[0-9]*/stat 2>/dev/null | sed 's/^\\([0-9]*\\) .*) /\\1 /' |
        awk -v session="$1" '$5 == session && $2 != "Z" { print $1 }'
    }
    alive() {
      [ ! -f "$1/exit" ] || return 1
      [ "$(sed -n 's/^boot=//p' "$1/trace")" = "$(cat ${quote(bootIdFile)})" ] || return 1
      runner=$(sed -n 's/^pid=//p' "$1/trace"); began=$(sed -n 's/^start=//p' "$1/trace")
      set -- $(sed 's/^.*) //' "/proc/$runner/stat" 2>/dev/null)
      if [ -n "$1" ]; then
        shift 19
        [ "$1" = "$began" ] || return 1
      fi
      [ -n "$(members "$runner")" ]
    }`;
}
