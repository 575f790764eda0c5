import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { writtenIssue } from '../../../common/yaml/file-issue.js';
import type { Template } from '../template.js';
import { readTemplate } from './read-template.js';

const SHIPPED = join(import.meta.dirname, '../../../../templates');

function errorsOf(text: string): string[] {
  return readTemplate(Buffer.from(text)).errors.map(writtenIssue);
}

function read(text: string): Template {
  const { template, errors } = readTemplate(Buffer.from(text));
  expect(errors.map(writtenIssue)).toEqual([]);
  if (!template) throw new Error('no template');
  return template;
}

/** A template with these lines as its create workflow. */
function creating(lines: string): string {
  return `name: T
version: 1
createWorkflow: create
destroyWorkflow: destroy
workflows:
  destroy: {}
  create:
${lines.replaceAll(/^/gm, '    ')}
`;
}

describe('the shipped templates', () => {
  it.each(readdirSync(SHIPPED))('are good: %s', (file) => {
    expect(readTemplate(readFileSync(join(SHIPPED, file))).errors.map(writtenIssue)).toEqual([]);
  });

  it('have Simple, and Erlang 2.0 with nodesCount, provision and scale', () => {
    const templates = readdirSync(SHIPPED).map((file) => read(readFileSync(join(SHIPPED, file), 'utf8')));
    expect(templates.map(({ name, version }) => `${name} ${version}`)).toEqual(
      expect.arrayContaining(['Simple 0.1', 'Erlang 2.0']),
    );
    const erlang = templates.find(({ name }) => name === 'Erlang');
    expect(erlang?.workflows.map(({ name }) => name)).toEqual(['create', 'scale', 'status', 'destroy']);
    expect(erlang?.workflows[0]?.variables[0]).toMatchObject({ name: 'nodesCount', type: 'Integer', optional: false });
    expect(erlang?.workflows[0]?.steps.map(({ phase }) => phase)).toContain('provision');
  });
});

describe('the templates in the docs', () => {
  it('are good', () => {
    const docs = readFileSync(join(SHIPPED, '../docs/dialects/environments-templates.md'), 'utf8');
    const blocks = [...docs.matchAll(/```yaml\n(name:.*?)```/gs)].map(([, block]) => block ?? '');
    expect(blocks).toHaveLength(1);
    for (const block of blocks) expect(errorsOf(block)).toEqual([]);
  });
});

describe('a template file', () => {
  it('is read with its defaults filled in', () => {
    const template = read(`name: T
version: 2.0
createWorkflow: create
destroyWorkflow: destroy
workflows:
  create:
    variables:
      - {name: n, type: Integer, default: 4}
      - {name: s, default: 1.10, values: [1.10, no]}
    steps:
      - {kind: simulate}
      - {kind: simulate, phase: x, title: 'A', retryCount: 2, durationMs: 5}
      - {kind: simulate}
      - {kind: simulate, after: [x]}
  destroy: {}
`);
    expect(template).toMatchObject({ name: 'T', version: '2.0' });
    const [create, destroy] = template.workflows;
    expect(destroy).toEqual({
      name: 'destroy',
      readOnly: false,
      require: [],
      groups: [],
      variables: [],
      steps: [],
      onError: [],
    });
    expect(create?.variables[0]).toMatchObject({ name: 'n', type: 'Integer', default: 4, choices: null });
    expect(create?.variables[1]).toEqual({
      name: 's',
      type: 'String',
      description: 's',
      optional: false,
      default: '1.10',
      group: null,
      dependsOn: [],
      hidden: false,
      validate: [],
      choices: {
        from: 'list',
        list: [
          ['1.10', '1.10'],
          ['no', 'no'],
        ],
      },
    });
    expect(create?.steps.map(({ phase, after }) => [phase, ...after])).toEqual([
      ['auto_1'],
      ['x'],
      ['auto_3', 'x'],
      ['auto_4', 'x'],
    ]);
    expect(create?.steps[1]).toEqual({
      kind: 'simulate',
      title: 'A',
      phase: 'x',
      after: [],
      ignoreFail: false,
      retryCount: 2,
      skip: false,
      timeoutSec: null,
      export: {},
      settings: { durationMs: 5 },
    });
  });

  it('survives being kept as JSON', () => {
    const template = read(readFileSync(join(SHIPPED, 'erlang.yaml'), 'utf8'));
    expect(JSON.parse(JSON.stringify(template))).toEqual(template);
  });
});

describe('what is wrong with a template file', () => {
  it('is said all at once, with lines and key paths: shapes', () => {
    expect(
      errorsOf(`name: a/b
version: ""
createWorkflow: create
colour: red
workflows:
  create:
    readonly: true
    variables:
      - {name: 1x, type: Number}
    steps:
      - {kind: sing}
      - {title: no kind}
      - {kind: shell}
      - {kind: simulate, durationMs: -1, commands: [x]}
      - {kind: simulate, retryCount: many, phase: auto_1}
      - just a word
`),
    ).toEqual([
      'line 1: needs "destroyWorkflow"',
      'line 1, name: has a form that is not allowed here',
      expect.stringContaining('line 2, version: '),
      expect.stringContaining('line 2, version: '),
      'line 4, colour: is not known here',
      'line 7, workflows.create.readonly: is not known here',
      'line 9, workflows.create.variables[0].name: has a form that is not allowed here',
      'line 9, workflows.create.variables[0].type: must be one of String, Integer, Long, Double, Boolean, Secret',
      'line 11, workflows.create.steps[0].kind: must be one of shell, ssh, http, simulate, attributes, lease, release',
      'line 12, workflows.create.steps[1]: needs "kind"',
      'line 13, workflows.create.steps[2]: needs "commands"',
      'line 14, workflows.create.steps[3].commands: is not known here',
      'line 14, workflows.create.steps[3].durationMs: must be at least 0',
      'line 15, workflows.create.steps[4].phase: has a form that is not allowed here',
      'line 15, workflows.create.steps[4].retryCount: must be a whole number',
      'line 16, workflows.create.steps[5]: must be a map',
    ]);
  });

  it('includes headers that name nothing, twice the same, or what cannot be', () => {
    expect(errorsOf('name: T\nversion: 1\ncreateWorkflow: a\ndestroyWorkflow: b\nworkflows: {}')).toEqual([
      'line 3, createWorkflow: there is no workflow "a"',
      'line 4, destroyWorkflow: there is no workflow "b"',
    ]);
    expect(
      errorsOf('name: T\nversion: 1\ncreateWorkflow: a\ndestroyWorkflow: a\nworkflows:\n  a:\n    readOnly: true'),
    ).toEqual([
      'line 4, destroyWorkflow: must not be the createWorkflow',
      'line 7, workflows.a.readOnly: is not for the createWorkflow: it changes the environment',
      'line 7, workflows.a.readOnly: is not for the destroyWorkflow: it changes the environment',
    ]);
    expect(
      errorsOf('name: T\nversion: 1\ncreateWorkflow: a\ndestroyWorkflow: b\nworkflows:\n  a: {}\n  b: {}\n  a: {}'),
    ).toEqual(['line 8, a: is given twice in the same map']);
  });

  it('includes variables that name nothing or contradict themselves', () => {
    expect(
      errorsOf(
        creating(`variables:
  - {name: a, dependsOn: [gone]}
  - {name: b, dependsOn: [c]}
  - {name: c, dependsOn: [b]}
  - {name: a, group: g}
  - {name: PATH, source: s}
  - {name: d, valuesBy: {x: [y]}}
  - {name: e, values: [x], source: s}
  - {name: f, type: Integer, values: [1, x], default: y}
  - {name: g, values: [x, y], default: z}
  - {name: h, type: Secret, default: z}
  - {name: i, validate: [{when: valu > 0}]}`),
      ),
    ).toEqual([
      'line 9, workflows.create.variables[0].dependsOn[0]: there is no variable "gone"',
      'line 10, workflows.create.variables[1].dependsOn: goes round in a circle',
      'line 11, workflows.create.variables[2].dependsOn: goes round in a circle',
      'line 12, workflows.create.variables[3].name: there is another "a"',
      'line 12, workflows.create.variables[3].group: there is no group "g"',
      'line 13, workflows.create.variables[4].name: is a name with a meaning of its own in a shell',
      'line 13, workflows.create.variables[4].source: there is no data source "s"',
      'line 14, workflows.create.variables[5].valuesBy: needs "dependsOn" with the one variable it goes by',
      'line 15, workflows.create.variables[6]: has more than one of "values", "valuesBy" and "source"',
      'line 15, workflows.create.variables[6].source: there is no data source "s"',
      'line 16, workflows.create.variables[7].values: has a value that is not of the type Integer',
      'line 16, workflows.create.variables[7].default: is not of the type Integer',
      'line 17, workflows.create.variables[8].default: is not one of the values',
      'line 18, workflows.create.variables[9].default: a secret has none: the file is shown to all who may use it',
      'line 19, workflows.create.variables[10].validate[0].when: is not a valid expression: Unknown variable: valu',
    ]);
  });

  it('includes steps that wait for themselves, and expressions that cannot be', () => {
    expect(
      errorsOf(
        creating(`require: [{message: m, when: vars.x == 1}]
variables: [{name: n, type: Integer}]
steps:
  - {kind: simulate, phase: a, after: [b]}
  - {kind: simulate, phase: b, after: [a]}
  - {kind: simulate, phase: c, title: 'for \${vars.m}'}
  - {kind: simulate, phase: c, skip: vars.n}
  - {kind: simulate, phase: c, title: '\${open'}
  - {kind: http, phase: c, url: 'http://\${failedStep}/', export: {a: body.id, b: nope}, until: status}
  - {kind: http, phase: c, url: x, json: {a: ['\${vars.k}']}, body: x}
  - {kind: ssh, phase: c, commands: [x]}
  - {kind: ssh, phase: c, commands: ['\${not ours}'], host: h, password: hunter2}
onError: [{kind: simulate, title: '\${failedStep} \${vars.n}'}]`),
      ),
    ).toEqual([
      'line 8, workflows.create.require[0].when: is not a valid expression: Unknown variable: vars',
      expect.stringContaining('line 11, workflows.create.steps[0]: is in a phase that waits for itself'),
      'line 13, workflows.create.steps[2].title: is not a valid expression: No such key: m',
      'line 15, workflows.create.steps[4].title: has a "${" that is not closed',
      'line 16, workflows.create.steps[5].export.b: is not a valid expression: Unknown variable: nope',
      'line 16, workflows.create.steps[5].url: is not a valid expression: Unknown variable: failedStep',
      'line 17, workflows.create.steps[6].json.a[0]: is not a valid expression: No such key: k',
      'line 17, workflows.create.steps[6].body: cannot be given beside "json"',
      'line 18, workflows.create.steps[7]: needs "host" or "role", and not both',
      expect.stringContaining('line 19, workflows.create.steps[8].password: must be a placeholder'),
    ]);
  });

  it.each<[string, string | Buffer]>([
    ['nothing', ''],
    ['a word', 'hello'],
    ['a list', '- a'],
    ['half a file', 'name: [T'],
    ['two documents', 'name: T\n---\nname: U'],
    ['deep brackets', '['.repeat(100_000)],
    ['bytes', Buffer.from([0xff, 0xfe, 0])],
    ['a large file', '#'.repeat(300_000)],
    ['a prototype', 'name: T\n__proto__: {x: 1}'],
    ['a deep expression', creating(`require: [{message: m, when: '${'('.repeat(400)}true${')'.repeat(400)}'}]`)],
    ['a NUL', 'name: "a\\0b"'],
  ])('is a sentence for %s', (_name, text) => {
    const { template, errors } = readTemplate(Buffer.from(text));
    expect(template).toBeNull();
    expect(errors.length).toBeGreaterThan(0);
  });

  it('is a sentence, whichever line of a good one is spoilt', () => {
    const lines = readFileSync(join(SHIPPED, 'erlang.yaml'), 'utf8').split('\n');
    const spoilt = fc.tuple(
      fc.nat(lines.length - 1),
      fc.nat(60),
      fc.constantFrom('', ' ', '{', '"', ': ', '- ', '\t', '${', 'x', '\u0000', '*a', '&a', '!!js/x '),
    );
    fc.assert(
      fc.property(spoilt, ([line, column, what]) => {
        const text = lines.with(line, (lines[line] ?? '').slice(0, column) + what).join('\n');
        const { template, errors } = readTemplate(Buffer.from(text));
        return (template === null) === errors.length > 0;
      }),
      { numRuns: 300 },
    );
  });
});
