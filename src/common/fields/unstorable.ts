/** No document of the old APIs is nested half as deep, nor a request to ours a quarter. */
const DEEPEST = 64;

/**
 * What PostgreSQL does not hold or what would overflow a stack, wherever it is in a value: NUL, half a surrogate pair, a
 * number too large to be one, a thousand brackets. Walks without recursion.
 */
export function unstorable(value: unknown): { path: string[]; detail: string } | null {
  const open: { value: unknown; path: string[] }[] = [{ value, path: [] }];
  for (let next = open.pop(); next; next = open.pop()) {
    const detail = problemOf(next.value);
    if (detail !== null) return { path: next.path, detail };
    if (typeof next.value !== 'object' || next.value === null) continue;
    if (next.path.length >= DEEPEST) return { path: next.path, detail: `is nested more than ${DEEPEST} deep` };
    for (const [name, part] of Object.entries(next.value)) {
      if (problemOf(name) !== null) return { path: next.path, detail: 'has a field whose name cannot be stored' };
      open.push({ value: part, path: [...next.path, name] });
    }
  }
  return null;
}

/** The same in words: `name holds the character NUL`. */
export function unstorableWords(value: unknown): string | null {
  const problem = unstorable(value);
  return problem && `${problem.path.join('.').slice(0, 200) || 'the body'} ${problem.detail}`;
}

function problemOf(value: unknown): string | null {
  if (typeof value === 'number' && !Number.isFinite(value)) return 'is a number too large to be stored';
  if (typeof value !== 'string') return null;
  if (value.includes('\0')) return 'holds the character NUL';
  return /\p{Surrogate}/u.test(value) ? 'holds half a surrogate pair' : null;
}
