import { createTwoFilesPatch } from 'diff';

export interface CheckDiff {
  readonly name: string;
  /** `lost`: something that worked before does not now. `changed`: different, and nobody can tell whether it matters. */
  readonly verdict: 'same' | 'changed' | 'lost';
  /** What was lost, each a short phrase. */
  readonly lost: readonly string[];
  /** Unified diff; empty when the same. */
  readonly patch: string;
}

/**
 * Compares what the checks printed before and after. Neighbours and interfaces are compared by meaning: a missing
 * neighbour or an interface that went down is a loss, a new one is not (spec upgrade section 3.5). All else by text.
 */
export function diffChecks(
  commands: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): CheckDiff[] {
  return Object.entries(commands).flatMap(([name, command]) => {
    const old = before[name];
    const now = after[name];
    if (old === undefined || now === undefined) return [];
    const lost = lostItems(command, old, now);
    const patch = old === now ? '' : patchOf(name, old, now);
    return [{ name, lost, patch, verdict: lost.length > 0 ? 'lost' : patch === '' ? 'same' : 'changed' } as const];
  });
}

/**
 * The shortest difference takes time with the square of its length, and nothing else in the process moves meanwhile: for
 * two tables of 10,000 lines without one in common 12 s. Beyond this many changed lines the patch is all out, all in.
 */
const MOST_CHANGES = 2_000;

function patchOf(name: string, old: string, now: string): string {
  const [from, to] = [`${name} before`, `${name} after`];
  const patch = createTwoFilesPatch(from, to, old, now, undefined, undefined, { maxEditLength: MOST_CHANGES });
  if (patch !== undefined) return patch;
  const [out, into] = [old.split('\n'), now.split('\n')];
  const lines = [...out.map((line) => `-${line}`), ...into.map((line) => `+${line}`)];
  return [`--- ${from}`, `+++ ${to}`, `@@ -1,${out.length} +1,${into.length} @@`, ...lines, ''].join('\n');
}

function lostItems(command: string, before: string, after: string): string[] {
  if (/neighbou?rs?/i.test(command)) {
    return missing(neighbours(before), neighbours(after)).map((name) => `neighbour ${name} is missing`);
  }
  if (/interface.*(brief|status)/i.test(command)) {
    return missing(upInterfaces(before), upInterfaces(after)).map((name) => `interface ${name} is no longer up`);
  }
  return [];
}

function missing(before: ReadonlySet<string>, after: ReadonlySet<string>): string[] {
  return [...before].filter((item) => !after.has(item));
}

/** `show cdp neighbors` and `show lldp neighbors`: the first word of each row of the table. */
function neighbours(output: string): Set<string> {
  const lines = output.split('\n');
  const header = lines.findIndex((line) => /^device id/i.test(line.trim()));
  const rows = lines
    .slice(header + 1)
    .filter((line) => header >= 0 && /^\S/.test(line) && !/^total|^capability/i.test(line));
  return new Set(rows.map(firstWord));
}

/** `show ip interface brief`: rows whose status and protocol are both up. */
function upInterfaces(output: string): Set<string> {
  const rows = output.split('\n').filter((line) => /^\S+.*\bup\s+up\s*$/i.test(line));
  return new Set(rows.map(firstWord));
}

function firstWord(line: string): string {
  return line.trim().split(/\s+/, 1)[0] ?? '';
}

/** What the artifact `report` says of all checks (spec upgrade section 2, "Checks with diff"). */
export function diffReport(diffs: readonly CheckDiff[]): string {
  const rows = diffs.map(({ name, verdict, lost }) => {
    const word = verdict === 'same' ? 'NO CHANGES' : verdict === 'lost' ? `LOST: ${lost.join(', ')}` : 'CHANGES';
    return `${name}: ${word}`;
  });
  const changed = diffs.filter(({ verdict }) => verdict !== 'same').length;
  return [...rows, `Total: ${diffs.length} checks, ${changed} with changes`].join('\n');
}
