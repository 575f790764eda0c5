import fc from 'fast-check';
import type { StepDefinition } from '../template.js';
import { expressionChecker } from './check-expression.js';
import { evaluate, holds } from './evaluate.js';
import { ExpressionError } from './expression-error.js';
import { interpolate, isSkipped } from './interpolate.js';
import { partsOf } from './placeholders.js';
import type { Scope } from './scope.js';

const scope: Scope = {
  vars: { nodes: 4, region: 'eu', wet: true },
  envConfig: { name: 'Default', instanceCount: 0 },
  context: { nodeId: 7, list: [1, 2, 3], nested: { a: { b: 'x' } } },
};

describe('an expression', () => {
  it.each<[string, unknown]>([
    ['vars.nodes > 3', true],
    ['vars.nodes + 1', 5],
    ['1 + vars.nodes * 2', 9],
    ['vars.nodes / 8', 0.5],
    ['vars.nodes % 2 == 0', true],
    ['vars.nodes in [3, 4]', true],
    ['vars.region in ["eu", "us"] && !(vars.nodes == 5)', true],
    ['vars.region.matches("^e.$")', true],
    ['["eu"].exists(r, r.matches("^u"))', false],
    ['envConfig.instanceCount == 0', true],
    ['has(vars.zone)', false],
    ['has(vars.zone) && vars.zone == "x"', false],
    ['"x-" + vars.region + string(vars.nodes)', 'x-eu4'],
    ['vars.wet ? "rain" : "sun"', 'rain'],
    ['context.list[1]', 2],
    ['context.list.filter(i, i > 1)', [2, 3]],
    ['context.nested.a', { b: 'x' }],
    ['size(context.list)', 3],
    ['null', null],
  ])('%s', (text, value) => {
    expect(evaluate(text, scope)).toEqual(value);
  });

  it.each([
    'nope',
    'vars.zone',
    'vars.constructor',
    'vars.__proto__',
    'context.nested.toString',
    'vars.nodes + "x"',
    '1 / 0',
    '1.0 / 0.0',
    'vars.nodes >',
    'process.exit(1)',
    'constructor.constructor("return 1")()',
    '9223372036854775807 + 1',
    'timestamp("2020-01-01T00:00:00Z")',
    'b"abc"',
    'vars.region.matches("(")',
    'vars.region.matches("(?=x)")',
    `1${' + 1'.repeat(300)}`,
    `${'('.repeat(500)}1${')'.repeat(500)}`,
    'x'.repeat(1_001),
    'cel.bind(a, "xx", a + a)',
    'context.list.map(a, context.list.map(b, b))',
    'context.list.map(a, a).map(b, b).map(c, c)',
  ])('has no value, and says so: %.40s', (text) => {
    expect(() => evaluate(text, scope)).toThrow(expect.objectContaining({ name: 'ExpressionError' }));
  });

  it('takes no more time for a hostile text than for another', () => {
    const started = process.cpuUsage();
    const hostile = { ...scope, vars: { text: `${'a'.repeat(50_000)}!` } };
    expect(evaluate('vars.text.matches("^(a+)+$")', hostile)).toBe(false);
    expect(process.cpuUsage(started).user).toBeLessThan(10_000_000);
  });

  it('that fails does not tell what it was given', () => {
    const secret = { ...scope, vars: { key: 's3cret' } };
    for (const text of ['context[vars.key]', 'int(vars.key)', 'vars.key + 1', 'vars.key.matches(vars.key + "(")']) {
      expect(() => evaluate(text, secret)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining('s3cret') }),
      );
    }
  });

  it('fails as an expression, whatever it is', () => {
    const words = [
      'vars',
      '.',
      'nodes',
      '[',
      ']',
      '(',
      ')',
      '"',
      "'",
      '+',
      '==',
      '&&',
      '!',
      '?',
      ':',
      ',',
      'in',
      '1',
      '{',
      '}',
      '.map',
      '.matches',
      'has',
      'null',
      '\\',
    ];
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (expression) => {
        try {
          return JSON.stringify(evaluate(expression, scope)) !== undefined;
        } catch (error) {
          return error instanceof ExpressionError;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('has no value that is nested without end', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(20_000)}1${']'.repeat(20_000)}`);
    expect(() => evaluate('body', { ...scope, body: deep as [] })).toThrow('nested too deeply');
  });

  it('is a condition only when it is true or false', () => {
    expect(holds('vars.nodes == 4', scope)).toBe(true);
    expect(() => holds('vars.nodes', scope)).toThrow('neither true nor false');
  });
});

describe('an expression in a template', () => {
  const check = expressionChecker({
    vars: { n: 'Integer', s: 'String', b: 'Boolean' },
    others: { context: 'map<string, dyn>' },
  });

  it.each(['vars.n > 0', 'vars.b', 'vars.s == "x" || context.y == 1', 'vars.n in [1, 2]', 'context.x'])(
    'can be a condition: %s',
    (text) => {
      expect(check(text, 'truth')).toBeNull();
    },
  );

  it.each([
    ['vars.m > 0', 'No such key: m'],
    ['value > 0', 'Unknown variable: value'],
    ['vars.s > 0', 'no such overload'],
    ['vars.s', 'must be a condition'],
    ['vars.n >', 'is not a valid expression'],
    ['cel.bind(a, 1, a)', 'uses "cel"'],
    ['vars.s.matches("(?<x")', 'regular expression'],
    ['x'.repeat(2_000), 'is longer than'],
  ])('is refused when the template is read: %.20s', (text, sentence) => {
    expect(check(text, 'truth')).toContain(sentence);
  });
});

describe('a text with placeholders', () => {
  it.each<[string, unknown]>([
    ['plain', [{ text: 'plain' }]],
    ['', []],
    ['a ${vars.b} c', [{ text: 'a ' }, { expression: 'vars.b' }, { text: ' c' }]],
    ['${ {"a": "}"}["a"] }', [{ expression: '{"a": "}"}["a"]' }]],
    ['cost: $5 $${x}', [{ text: 'cost: $5 ${x}' }]],
    ['${open', null],
    ['${"}', null],
  ])('%s', (text, parts) => {
    expect(partsOf(text)).toEqual(parts);
  });
});

describe('a step', () => {
  const step: StepDefinition = {
    kind: 'http',
    title: 'Register ${vars.region}',
    phase: 'auto_1',
    after: [],
    ignoreFail: false,
    retryCount: 0,
    skip: false,
    timeoutSec: null,
    export: { id: 'body.id' },
    settings: {
      url: 'http://127.0.0.1/${context.nodeId}?n=${vars.nodes + 1}',
      json: {
        n: '${vars.nodes}',
        list: ['${vars.wet}', 'x'],
        all: '${context.list}',
        deep: { text: 'is ${vars.wet}' },
      },
      until: '"${no}" != body.state',
    },
  };

  it('gets its values, of their own types where a text is one placeholder', () => {
    expect(interpolate(step, scope)).toEqual({
      ...step,
      title: 'Register eu',
      settings: {
        url: 'http://127.0.0.1/7?n=5',
        json: { n: 4, list: [true, 'x'], all: [1, 2, 3], deep: { text: 'is true' } },
        until: '"${no}" != body.state',
      },
    });
  });

  it('keeps the commands of a shell as they are written: values come as environment variables', () => {
    const shell: StepDefinition = {
      ...step,
      kind: 'shell',
      settings: { commands: ['echo ${vars.region}'], env: { A: '${vars.region}' } },
    };
    expect(interpolate(shell, scope).settings).toEqual({ commands: ['echo ${vars.region}'], env: { A: 'eu' } });
  });

  it('has no value when one of its placeholders has none', () => {
    expect(() => interpolate({ ...step, title: '${vars.gone}' }, scope)).toThrow('has no value');
  });

  it('is skipped by a word or by a condition', () => {
    expect(isSkipped(step, scope)).toBe(false);
    expect(isSkipped({ ...step, skip: true }, scope)).toBe(true);
    expect(isSkipped({ ...step, skip: 'vars.nodes == 4' }, scope)).toBe(true);
    expect(isSkipped({ ...step, skip: 'vars.nodes != 4' }, scope)).toBe(false);
  });
});
