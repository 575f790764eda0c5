/** Pure handling of what comes over a terminal line (spec upgrade section 4.3). */

// eslint's control-character rule is not on; the escape sequences are the point here.
const ANSI = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_=>])/g;
const SYSLOG =
  /[*.]?[A-Z][a-z]{2} +\d{1,2}(?: \d{4})? \d\d:\d\d:\d\d(?:\.\d+)?(?: [A-Z]+)?: %[A-Z0-9_]+(?:-[A-Z0-9_]+)*-[0-7]-[A-Z0-9_]+:[^\n]*/;
const SYSLOG_LINES = new RegExp(`${SYSLOG.source}\\n`, 'g');
const SYSLOG_AT_END = new RegExp(`${SYSLOG.source}\\s*$`);

/** Text as a screen would show it: no escape sequences, backspaces and lone carriage returns applied. */
export function plainText(raw: string): string {
  return raw.replace(ANSI, '').replace(/\r+\n/g, '\n').split('\n').map(onScreen).join('\n');
}

function onScreen(line: string): string {
  if (!/[\b\r\0\x07]/.test(line)) return line;
  const cells: string[] = [];
  let cursor = 0;
  for (const character of line) {
    if (character === '\b') cursor = Math.max(0, cursor - 1);
    else if (character === '\r') cursor = 0;
    else if (character !== '\0' && character !== '\x07') cells[cursor++] = character;
  }
  return cells.join('').trimEnd();
}

/** Log messages that the box writes into a session whenever it likes; a message still being written stays. */
export function withoutSyslog(text: string): string {
  return text.replace(SYSLOG_LINES, '');
}

export function endsWithSyslog(text: string): boolean {
  return SYSLOG_AT_END.test(text);
}

export const PAGER = /(?:^|\n) ?--More-- ?$/;

export function lastLine(text: string): string {
  const trimmed = text.trimEnd();
  return trimmed.slice(trimmed.lastIndexOf('\n') + 1);
}

/** The host part of a line that looks like an exec prompt, or null: `sw1>`, `sw1#`, `sw1(config)#`. */
export function promptHost(line: string): string | null {
  return /^([A-Za-z0-9][\w.:/@-]{0,62})(?:\([\w .+-]*\))?[>#]$/.exec(line.trimEnd())?.[1] ?? null;
}

/** Matches the prompt of one box in any mode. Long names are shortened in some modes, so only a beginning must fit. */
export function promptPattern(host: string): RegExp {
  const start = host.slice(0, 16).replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  return new RegExp(`^${start}[\\w.:/@-]*(?:\\([\\w .+-]*\\))?[>#]$`);
}

const FAILURES = [
  /^% ?(?:Ambiguous|Incomplete|Unknown) command/m,
  /^% ?Invalid input detected/m,
  /^% ?Bad (?:secrets|passwords)/m,
  /^% ?(?:Access denied|Error in authentication)/m,
  /^Command authorization failed/m,
  /^% ?Authorization failed/m,
  /^%\s?Error\b/m,
];

/** The line by which the box refuses a command, or null. */
export function failureLine(output: string): string | null {
  for (const failure of FAILURES) {
    const found = failure.exec(output);
    if (found) return output.slice(found.index).split('\n', 1)[0]?.trim() ?? null;
  }
  return null;
}

/** A command is one line of printable characters: nothing in it may end the line, answer a question or edit it. */
export function isOneLine(command: string): boolean {
  return command !== '' && !/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(command);
}

/** An address may carry its permission in its query; a log needs only the path. */
export function withoutQueries(text: string): string {
  return text.replace(/(\b[a-z]{3,5}:\/\/[^\s?]*)\?[^\s)"']*/gi, '$1?…');
}
