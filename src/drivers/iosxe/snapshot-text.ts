/** What is collected when a workflow names no checks (spec upgrade section 3.1, item 10). */
export const DEFAULT_SNAPSHOT: Readonly<Record<string, string>> = {
  neighbors: 'show cdp neighbors',
  interfaces: 'show ip interface brief',
};

/** A check may look, not touch. */
export function isReadOnly(command: string): boolean {
  return /^(?:show|dir|more|ping)(?:\s|$)/.test(command) && !/\|\s*(?:redirect|append|tee)\b/i.test(command);
}

/** Never by a check or custom step: these would go around the guard of the activation, or destroy the box. */
export function isForbidden(command: string): boolean {
  return /^\s*(?:rel\w*|inst\w*|erase\b|format\b|wr\w* +e\w*|delete\b|boot\b|conf\w*)/i.test(command);
}

/** Takes out what differs from one look to the next although nothing changed, so that a diff shows real changes. */
export function comparable(command: string, output: string): string {
  const text = output.trim();
  if (/^show cdp neighbors\s*$/.test(command)) return cdpRows(text);
  if (/^show ip interface brief\s*$/.test(command))
    return text
      .split('\n')
      .map((line) => line.trimEnd())
      .join('\n');
  return text;
}

/** The table's head, then one line per neighbour without its hold time, sorted: the box lists them in no fixed order. */
function cdpRows(text: string): string {
  const at = text.search(/^Device ID/m);
  if (at < 0) return text;
  const joined = text
    .slice(at)
    .split('\n')
    .slice(1)
    .filter((line) => line.trim() !== '' && !/^Total cdp entries/.test(line))
    .join('\n')
    // A long name stands on a line of its own, its row is indented below.
    .replace(/^(\S+)\s*\n\s+(?=\S)/gm, '$1 ');
  const rows = joined.split('\n').map((line) => {
    const found = /^(\S+)\s+(\S+ ?\d\S*)\s+\d+\s+(.*?)\s*$/.exec(line);
    return found ? `${found[1]} ${found[2]} ${found[3]?.replace(/\s+/g, ' ')}` : line.trim();
  });
  return ['Device ID', ...rows.sort()].join('\n');
}
