/**
 * Versions as devices print them, compared by their runs of digits and of letters (spec upgrade section 3.4):
 * `17.09.04a` is `17.9.4a` but not `17.9.4`; `9.3(7)` is `9.3.7`; `18.2R2-S1` keeps all of its six parts.
 */
export function sameVersion(one: string, other: string): boolean {
  const tokens = tokensOf(one);
  return tokens.length > 0 && compareTokens(tokens, tokensOf(other)) === 0;
}

/** Negative when `one` is older, positive when it is newer, 0 exactly when both have the same tokens. A total order. */
export function compareVersions(one: string, other: string): number {
  return compareTokens(tokensOf(one), tokensOf(other));
}

/** Would installing `target` go back? Never for a running version that is not known. */
export function isDowngrade(target: string, running: string): boolean {
  return /\d/.test(running) && compareVersions(target, running) < 0;
}

/** `2.0-rc1` comes before `2.0`, while `17.9.4a` comes after `17.9.4`. */
const PRE_RELEASE: ReadonlySet<string> = new Set(['alpha', 'beta', 'dev', 'pre', 'preview', 'rc', 'snapshot']);

function tokensOf(version: string): string[] {
  // A tag's `v` is not part of the version.
  const plain = version
    .trim()
    .toLowerCase()
    .replace(/^v(?=\d)/, '');
  return (plain.match(/\d+|\p{L}+/gu) ?? []).map((token) => token.replace(/^0+(?=\d)/, ''));
}

function compareTokens(one: readonly string[], other: readonly string[]): number {
  for (let at = 0; at < Math.max(one.length, other.length); at += 1) {
    const order = compareToken(one[at], other[at]);
    if (order !== 0) return order;
  }
  return 0;
}

function compareToken(one: string | undefined, other: string | undefined): number {
  const byKind = kindOf(one) - kindOf(other);
  if (byKind !== 0 || one === undefined || other === undefined) return byKind;
  // Numbers may be longer than a double holds (build dates), so without leading zeros the longer one is the larger.
  if (/^\d/.test(one) && one.length !== other.length) return one.length - other.length;
  return one === other ? 0 : one < other ? -1 : 1;
}

function kindOf(token: string | undefined): number {
  if (token === undefined) return 1;
  if (/^\d/.test(token)) return 3;
  return PRE_RELEASE.has(token) ? 0 : 2;
}
