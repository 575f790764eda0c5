/** Reads of `install` (spec upgrade section 5.1). */

export type InstallRowState = 'I' | 'U' | 'C' | 'D';

export interface InstallRow {
  readonly type: string;
  readonly state: InstallRowState;
  readonly version: string;
}

export interface InstallSummary {
  readonly rows: readonly InstallRow[];
  /** Time before the automatic rollback, `01:49:42`; null when no timer runs. */
  readonly abortsIn: string | null;
}

/** Rows of all members; groups of a stack that say the same count once. */
export function parseInstallSummary(text: string): InstallSummary {
  const rows = new Map<string, InstallRow>();
  for (const [, type, state, version] of text.matchAll(/^(IMG|SMU|SUBPKG|APSP|APDP)\s+([IUCD])\s+(\S+)/gm)) {
    rows.set(`${type} ${state} ${version}`, {
      type: type ?? '',
      state: state as InstallRowState,
      version: version ?? '',
    });
  }
  const timer = /Auto abort timer: active.*?time before rollback - (\S+)/.exec(text);
  return { rows: [...rows.values()], abortsIn: timer?.[1] ?? null };
}

/** Names of operations in `show install log` that started and did not end: one of them runs now. */
export function operationInProgress(log: string): string | null {
  let open: string | null = null;
  for (const [, name, event] of log.matchAll(/^\[\d+\|([\w-]+)\]: (START|END)\b/gm)) {
    open = event === 'START' ? (name ?? null) : null;
  }
  return open;
}

/** The line that says why an operation failed, or null. The reason comes before the operation's own `FAILED:` line. */
export function failedLine(output: string): string | null {
  const lines = output.split('\n').filter((line) => /\bFAILED\b/.test(line));
  const reason = lines.find((line) => !/^FAILED: (?:install_\w+|add_activate_commit\b)[^:]*$/.test(line.trim()));
  return (reason ?? lines[0])?.trim() ?? null;
}

export function hasSucceeded(output: string): boolean {
  return /^SUCCESS: install_\w+/m.test(output) && failedLine(output) === null;
}

/** File names that `install remove inactive` wants to delete, without their folders. */
export function filesToRemove(output: string): string[] {
  const start = output.lastIndexOf('The following files will be deleted:');
  if (start < 0) return [];
  const rows = output.slice(start).matchAll(/^\s*(?:\[[^\]]+\]:?\s*)?\/(?:[^\s/]*\/)*([^\s/]+)\s*$/gm);
  return [...rows].map(([, name]) => name ?? '');
}

/** Names under `Following packages shall be activated:`. */
export function packagesToActivate(output: string): string[] {
  const start = output.lastIndexOf('ollowing packages shall be activated');
  if (start < 0) return [];
  const rows = output.slice(start).matchAll(/^\s*\/(?:[^\s/]*\/)*([^\s/]+\.pkg)\s*$/gm);
  return [...rows].map(([, name]) => name ?? '');
}

/** The newest rollback point of `show install rollback`: what was committed last. */
export function newestRollbackId(output: string): number | null {
  const ids = [...output.matchAll(/^\s*(\d+)\s+\S/gm)].map(([, id]) => Number(id));
  return ids.length === 0 ? null : Math.max(...ids);
}
