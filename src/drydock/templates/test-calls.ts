import type { Token, Tokens } from './tokens.js';

/** Words that cannot begin a test's argument. */
const OPERATORS = new Set(['and', 'or', 'else', 'if', 'is', 'in', 'not', 'recursive']);
const OPENING: Readonly<Record<string, string>> = {
  OpenParen: 'CloseParen',
  OpenSquareBracket: 'CloseSquareBracket',
  OpenCurlyBracket: 'CloseCurlyBracket',
};
const SINGLE = new Set(['StringLiteral', 'NumericLiteral', 'Identifier']);

/** Words after which a parenthesis groups; after any other name it calls. */
const BEFORE_GROUP = new Set(['and', 'or', 'else', 'if', 'elif', 'in', 'not']);
const CALLABLE_END = new Set(['CloseParen', 'CloseSquareBracket', 'CloseCurlyBracket', 'StringLiteral']);

/** What `(…)` is to the tree: a filter that changes nothing. No template can write a name with a blank in it. */
export const GROUP = 'as grouped';

/** Under this name a test is a filter; no template can write a name with a blank in it. */
export const TEST_PREFIX = 'is ';

/**
 * The library's tree forgets parentheses, and `3 > 2 > 1` is not `(3 > 2) > 1`: `(x)` becomes `((x) | "as grouped")`.
 */
export function markGroups(tokens: Tokens): Tokens {
  const made: Token[] = [];
  const closings: boolean[] = [];
  tokens.forEach((one: Token, index: number) => {
    if (one.type === 'OpenParen') {
      const groups = isGroup(tokens, index);
      closings.push(groups);
      made.push(...(groups ? [one, one] : [one]));
    } else if (one.type === 'CloseParen' && closings.pop() === true) {
      made.push(one, token('Pipe', '|'), token('Identifier', GROUP), one);
    } else made.push(one);
  });
  return made;
}

function isGroup(tokens: Tokens, index: number): boolean {
  const before = tokens[index - 1];
  if (!before || CALLABLE_END.has(before.type)) return false;
  return before.type !== 'Identifier' || (BEFORE_GROUP.has(before.value) && tokens[index - 2]?.type !== 'Dot');
}

/**
 * The library's grammar has tests without arguments only, and nothing may follow one. `x is eq 'a'` becomes
 * `x | "is eq"('a')`: filters and tests bind equally tight.
 */
export function callTests(tokens: Tokens): Tokens {
  const made: Token[] = [];
  let index = 0;
  while (index < tokens.length) {
    const test = testAt(tokens, index);
    if (test) made.push(...test.tokens);
    else made.push(tokens[index] as Token);
    index = test ? test.end : index + 1;
  }
  return made;
}

function testAt(tokens: Tokens, index: number): { tokens: Tokens; end: number } | undefined {
  if (!isWord(tokens[index], 'is')) return undefined;
  const isNegated = isWord(tokens[index + 1], 'not');
  const nameAt = index + (isNegated ? 2 : 1);
  const name = tokens[nameAt];
  const first = tokens[nameAt + 1];
  if (name?.type !== 'Identifier') return undefined;
  const end = (first && endOfArgument(tokens, nameAt + 1, first)) ?? nameAt + 1;
  const given = callTests(tokens.slice(nameAt + 1, end));
  const isBare = given.length > 0 && first?.type !== 'OpenParen';
  const args = isBare ? [token('OpenParen', '('), ...given, token('CloseParen', ')')] : given;
  const label = `${TEST_PREFIX}${isNegated ? 'not ' : ''}${name.value}`;
  return { tokens: [token('Pipe', '|'), token('Identifier', label), ...args], end };
}

/** After the argument that begins here; undefined where none does. */
function endOfArgument(tokens: Tokens, start: number, first: Token): number | undefined {
  if (SINGLE.has(first.type)) {
    return first.type === 'Identifier' && OPERATORS.has(first.value) ? undefined : start + 1;
  }
  if (!(first.type in OPENING)) return undefined;
  let depth = 0;
  for (let index = start; index < tokens.length; index += 1) {
    const type = tokens[index]?.type ?? '';
    if (type in OPENING) depth += 1;
    if (Object.values(OPENING).includes(type)) depth -= 1;
    if (depth === 0) return index + 1;
  }
  return undefined;
}

function isWord(at: Token | undefined, word: string): boolean {
  return at?.type === 'Identifier' && at.value === word;
}

function token(type: Token['type'], value: string): Token {
  return { type, value };
}
