import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { RE2JS } from 're2js';
import { ExpressionError } from './expression-error.js';

/**
 * Expressions are CEL (cel.dev), as `@marcbachmann/cel-js` has it: no loops, no calls of ours, no reach beyond the names given.
 * What remains that could cost time is bounded here: length, nodes, depth, and how often lists are gone through.
 */

export const LONGEST_EXPRESSION = 1_000;
const MOST_LIST_WALKS = 2;
const LONGEST_PATTERN = 500;
const MOST_PATTERNS = 1_000;
const LIMITS = { maxAstNodes: 200, maxDepth: 24, maxListElements: 100, maxMapEntries: 100, maxCallArguments: 8 };
const LIST_WALKS = new Set(['map', 'filter', 'all', 'exists', 'exists_one']);

/** Numbers are those of JSON: without these, `vars.count + 1` would be an error, since 1 is an `int` to CEL. */
const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
};

/** `areUnknownNamesAllowed`: at run time what is not in the scope shows by itself; when a template is read, names are stated. */
export function newEnvironment(areUnknownNamesAllowed: boolean): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: areUnknownNamesAllowed,
    homogeneousAggregateLiterals: false,
    limits: LIMITS,
  });
  for (const [sign, compute] of Object.entries(ARITHMETIC)) {
    const handler = (a: unknown, b: unknown): number => compute(Number(a), Number(b));
    environment.registerOperator(`double ${sign} int: double`, handler);
    environment.registerOperator(`int ${sign} double: double`, handler);
  }
  environment.registerOperator('double % double: double', (a: unknown, b: unknown) => Number(a) % Number(b));
  environment.registerFunction(`string.${LINEAR_MATCH}(string): bool`, (text: string, pattern: string) =>
    patternOf(pattern).matcher(text).find(),
  );
  return environment;
}

/** Refuses what may cost much, and gives regular expressions their linear time: CEL's are RE2's by definition. */
export function restrain(root: ASTNode): void {
  let walks = 0;
  const visit = (part: unknown, isInWalk: boolean): void => {
    if (Array.isArray(part)) for (const each of part) visit(each, isInWalk);
    if (!isNode(part)) return;
    const isWalk = part.op === 'rcall' && LIST_WALKS.has(part.args[0]);
    if (part.op === 'id' && part.args === 'cel') throw new ExpressionError('uses "cel", which is not supported');
    if (isWalk && (isInWalk || ++walks > MOST_LIST_WALKS)) throw new ExpressionError('goes through lists too often');
    if (part.op === 'rcall' && part.args[0] === 'matches') takeLinearMatch(part.args);
    visit(part.args, isInWalk || isWalk);
  };
  visit(root, false);
}

const LINEAR_MATCH = 'matchesInLinearTime';

function takeLinearMatch(args: [string, ASTNode, ASTNode[]]): void {
  args[0] = LINEAR_MATCH;
  const pattern = args[2][0];
  if (pattern?.op === 'value' && typeof pattern.args === 'string') patternOf(pattern.args);
}

const patterns = new Map<string, RE2JS>();

function patternOf(text: string): RE2JS {
  const known = patterns.get(text);
  if (known) return known;
  if (text.length > LONGEST_PATTERN) throw new ExpressionError('has a regular expression that is too long');
  if (patterns.size >= MOST_PATTERNS) patterns.clear();
  try {
    const pattern = RE2JS.compile(text);
    patterns.set(text, pattern);
    return pattern;
  } catch {
    throw new ExpressionError('has a regular expression that is not valid (RE2 syntax)');
  }
}

function isNode(part: unknown): part is ASTNode {
  return typeof part === 'object' && part !== null && 'op' in part && 'args' in part;
}
