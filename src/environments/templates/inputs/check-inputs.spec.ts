import { readTemplate } from '../file/read-template.js';
import type { Choices, Workflow } from '../template.js';
import { checkInputs, unmetConditions } from './check-inputs.js';
import { describe as describeWorkflow } from './describe.js';
import { fits } from './data-sources.service.js';

const FACTS = { envConfig: { name: 'Default', instanceCount: 0 } };

function workflow(lines: string): Workflow {
  const text = `name: T
version: 1
createWorkflow: create
destroyWorkflow: destroy
dataSources: {nets: {configItem: nets}}
workflows:
  destroy: {}
  create:
${lines.replaceAll(/^/gm, '    ')}
`;
  const { template, errors } = readTemplate(Buffer.from(text));
  expect(errors).toEqual([]);
  const found = template?.workflows.find(({ name }) => name === 'create');
  if (!found) throw new Error('no workflow');
  return found;
}

const NO_SOURCES = new Map<string, Choices>();

function check(of: Workflow, given: Record<string, unknown>, sources = NO_SOURCES) {
  return checkInputs(of, given, sources, FACTS);
}

function errorsOf(of: Workflow, given: Record<string, unknown>, sources = NO_SOURCES) {
  const verdict = check(of, given, sources);
  return verdict.ok ? {} : verdict.variables;
}

function valuesOf(of: Workflow, given: Record<string, unknown>, sources = NO_SOURCES) {
  const verdict = check(of, given, sources);
  return verdict.ok ? verdict.values : verdict;
}

describe('a variable', () => {
  const numbers = workflow(`variables:
  - {name: n, type: Integer, validate: [{when: value > 0, message: must be positive}, {when: value < 10}]}`);

  it.each<[unknown, number]>([
    [4, 4],
    ['4', 4],
    [' 4 ', 4],
    ['+4', 4],
  ])('takes %p', (given, value) => {
    expect(valuesOf(numbers, { n: given })).toEqual({ n: value });
  });

  it.each<[unknown, string]>([
    ['nothing', 'Conversion failed. Expected type is Integer'],
    ['4.5', 'Conversion failed. Expected type is Integer'],
    [2 ** 31, 'Conversion failed. Expected type is Integer'],
    [true, 'Conversion failed. Expected type is Integer'],
    [[4], 'Conversion failed. Expected type is Integer'],
    [{ n: 4 }, 'Conversion failed. Expected type is Integer'],
    ['0'.repeat(40_000), 'Value is longer than 32768 characters'],
    [0, 'must be positive'],
    [10, 'Validation failed'],
    ['', "Variable 'n' is not set"],
    [null, "Variable 'n' is not set"],
    [undefined, "Variable 'n' is not set"],
  ])('does not take %.20p', (given, message) => {
    expect(errorsOf(numbers, { n: given })).toEqual({ n: message });
  });

  it('is of its type', () => {
    const types = workflow(`variables:
  - {name: s}
  - {name: l, type: Long}
  - {name: d, type: Double}
  - {name: b, type: Boolean}`);
    expect(valuesOf(types, { s: 7, l: '-9007199254740991', d: '1.5e3', b: 'Yes' })).toEqual({
      s: '7',
      l: -9007199254740991,
      d: 1500,
      b: true,
    });
    expect(Object.keys(errorsOf(types, { s: [], l: '9007199254740993', d: '0x10', b: 'maybe' }))).toEqual([
      's',
      'l',
      'd',
      'b',
    ]);
  });

  it('has its default when nothing is given, which is validated too', () => {
    const defaults = workflow(`variables:
  - {name: a, type: Integer, default: 5}
  - {name: b, type: Integer, default: 5, validate: [{when: 'value > vars.a', message: too small}]}
  - {name: c, optional: true}`);
    expect(valuesOf(defaults, { a: 4 })).toEqual({ a: 4, b: 5 });
    expect(errorsOf(defaults, {})).toEqual({ b: 'too small' });
  });

  it('whose validator cannot be evaluated is not valid', () => {
    const broken = workflow(`variables:
  - {name: a, validate: [{when: 'vars.b == "x"', message: b is needed}]}
  - {name: b, optional: true}`);
    expect(errorsOf(broken, { a: 'y' })).toEqual({ a: 'b is needed' });
    expect(valuesOf(broken, { a: 'y', b: 'x' })).toEqual({ a: 'y', b: 'x' });
  });

  it('that nobody declared is ignored, and shown', () => {
    const verdict = check(numbers, { n: 4, other: 'x', __proto__: 'y', deep: { a: [1] }, nothing: null });
    expect(verdict).toMatchObject({ ok: true, values: { n: 4 }, display: { n: '4', other: 'x', deep: '{"a":[1]}' } });
  });
});

describe('a list of values', () => {
  const places = workflow(`variables:
  - {name: zone, description: Zone, optional: true, dependsOn: [region], valuesBy: {eu: {e1: E-1}, us: {u1: U-1}}}
  - {name: region, description: Region, default: eu, values: {eu: Europe, us: USA}}
  - {name: net, optional: true, source: nets}`);
  const nets = new Map<string, Choices>([
    [
      'nets',
      [
        ['a', 'a'],
        ['b', 'b'],
      ],
    ],
  ]);

  it('holds what may be given, also in a list that another variable chooses', () => {
    expect(valuesOf(places, {})).toEqual({ region: 'eu' });
    expect(valuesOf(places, { zone: 'e1' })).toEqual({ region: 'eu', zone: 'e1' });
    expect(valuesOf(places, { zone: 'u1', region: 'us', net: 'b' }, nets)).toEqual({
      region: 'us',
      zone: 'u1',
      net: 'b',
    });
  });

  it('refuses everything else', () => {
    expect(errorsOf(places, { zone: 'u1' })).toEqual({ zone: 'Invalid value' });
    expect(errorsOf(places, { region: 'moon', zone: 'e1' })).toEqual({
      region: 'Invalid value',
      zone: 'Invalid value',
    });
    expect(errorsOf(places, { net: 'c' }, nets)).toEqual({ net: 'Invalid value' });
    expect(errorsOf(places, { net: 'a' })).toEqual({ net: 'Invalid value' });
  });

  it('is shown by its labels', () => {
    expect(check(places, { zone: 'u1', region: 'us' })).toMatchObject({ display: { Zone: 'U-1', Region: 'USA' } });
  });

  it('is described once all parents are given', () => {
    const choices = (given: Record<string, unknown>) =>
      Object.fromEntries(
        describeWorkflow(places, given, nets).description.variables.map((each) => [each.definition.name, each.choices]),
      );
    expect(choices({})).toMatchObject({
      zone: null,
      region: [
        ['eu', 'Europe'],
        ['us', 'USA'],
      ],
      net: [
        ['a', 'a'],
        ['b', 'b'],
      ],
    });
    expect(choices({ region: 'us' })['zone']).toEqual([['u1', 'U-1']]);
    expect(describeWorkflow(places, { region: 'moon' }, nets).errors).toEqual({ region: 'Invalid value' });
  });
});

describe('a group', () => {
  const grouped = (required: boolean, fallback = '') =>
    workflow(`groups: {g: {description: Where, required: ${required}}}
variables:
  - {name: a, group: g, description: By name${fallback}}
  - {name: b, group: g, description: By number, type: Integer}`);

  it('has a value for one of its variables at most', () => {
    const message = "No more than one variable in group 'g' could have value";
    expect(errorsOf(grouped(false), { a: 'x', b: 1 })).toEqual({ a: message, b: message });
    expect(valuesOf(grouped(false), { b: 1 })).toEqual({ b: 1 });
    expect(valuesOf(grouped(false), {})).toEqual({});
  });

  it('that is required has one', () => {
    expect(errorsOf(grouped(true), { a: '' })).toEqual({ a: 'Where is required: please select non-empty value' });
    expect(check(grouped(true), { b: 1 })).toMatchObject({ ok: true, display: { 'Where: By number': '1' } });
  });

  it('has the default of one only while nothing is given for another', () => {
    expect(valuesOf(grouped(true, ', default: x'), {})).toEqual({ a: 'x' });
    expect(valuesOf(grouped(true, ', default: x'), { b: 2 })).toEqual({ b: 2 });
  });
});

describe('a secret', () => {
  it('is masked where it is shown, and named', () => {
    const secret = workflow(
      'variables: [{name: key, type: Secret, description: Key}, {name: other, type: Secret, optional: true}]',
    );
    expect(check(secret, { key: 's3cret' })).toEqual({
      ok: true,
      values: { key: 's3cret' },
      display: { Key: '********' },
      secretNames: ['key'],
      secrets: ['s3cret'],
    });
  });
});

describe('a precondition', () => {
  const guarded = workflow(`require:
  - {message: must be empty, when: envConfig.instanceCount == 0}
  - {message: must be wet, when: "envConfig.weather == 'rain'"}
variables: [{name: n, type: Integer}]`);

  it('that is not met, or cannot be evaluated, is said beside what is wrong with the variables', () => {
    expect(check(guarded, {})).toEqual({
      ok: false,
      variables: { n: "Variable 'n' is not set" },
      preconditions: ['must be wet'],
    });
    expect(unmetConditions(guarded, { envConfig: { instanceCount: 1, weather: 'sun' } })).toEqual([
      'must be empty',
      'must be wet',
    ]);
    expect(unmetConditions(guarded, { envConfig: { instanceCount: 0, weather: 'rain' } })).toEqual([]);
  });
});

describe('a file name', () => {
  it.each([
    ['a.iso', '*', true],
    ['a.iso', '*.iso', true],
    ['a.iso', 'a.iso', true],
    ['a.iso', 'a*.*o', true],
    ['a.iso', '*.img', false],
    ['aiso', 'a*aiso', false],
    ['ab', 'a*b*b', false],
    [`${'a'.repeat(200)}`, `${'*a'.repeat(100)}b`, false],
  ])('%.10s fits %.10s: %s', (name, filter, does) => {
    expect(fits(name, filter)).toBe(does);
  });
});
