import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { TemplatesService } from '../../../src/environments/templates/templates.service.js';
import type { Template } from '../../../src/environments/templates/template.js';
import { type Genesis, type MadeProject, startGenesis } from './genesis.js';

const SHIPPED = join(import.meta.dirname, '../../../templates');

const FORMS = `name: Forms
version: "1.2.3"
createWorkflow: create
destroyWorkflow: destroy
dataSources:
  nets: {configItem: nets}
  disks: {directory: disks, filter: '*.img'}
workflows:
  create:
    require: [{message: The configuration is closed, when: "!('closed' in envConfig)"}]
    groups: {place: {description: Place, required: true}}
    variables:
      - {name: region, default: eu, values: {eu: Europe, us: USA}}
      - {name: zone, optional: true, dependsOn: [region], valuesBy: {eu: {e1: E-1}, us: {u1: U-1}}}
      - {name: net, source: nets, optional: true}
      - {name: disk, source: disks, optional: true}
      - {name: key, type: Secret, optional: true, hidden: true}
      - {name: house, group: place}
      - {name: street, group: place}
  destroy: {}
`;

const BROKEN = `name: Broken
version: 1
createWorkflow: create
destroyWorkflow: destroy
workflows:
  create: {steps: [{kind: sing}]}
  destroy: {}
`;

let genesis: Genesis;
let project: MadeProject;
let templates: TemplatesService;

beforeAll(async () => {
  genesis = await startGenesis({
    templates: {
      'erlang.yaml': readFileSync(join(SHIPPED, 'erlang.yaml'), 'utf8'),
      'forms.yaml': FORMS,
      'broken.yaml': BROKEN,
      'disks/a.img': '',
      'disks/b.iso': '',
    },
  });
  project = await genesis.makeProject();
  templates = genesis.test.app.get(TemplatesService, { strict: false });
});

afterAll(() => genesis.close());

const path = (rest: string) => `/projects/${project.id}/templates${rest}`;

async function setItems(items: Record<string, string>): Promise<void> {
  const answer = await genesis
    .as('genesis')
    .put(`/projects/${project.id}/configs/${project.configId}`, { name: 'Default', items });
  expect(answer.statusCode).toBe(200);
}

describe('GET /rest/projects/{id}/templates', () => {
  it('is a bare list, without what is broken', async () => {
    const answer = await genesis.as('user').get(path(''));
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual([
      {
        name: 'Erlang',
        version: '2.0',
        createWorkflow: 'create',
        destroyWorkflow: 'destroy',
        workflows: ['create', 'scale', 'status', 'destroy'],
      },
      {
        name: 'Forms',
        version: '1.2.3',
        createWorkflow: 'create',
        destroyWorkflow: 'destroy',
        workflows: ['create', 'destroy'],
      },
    ]);
  });

  it('is for those of the project', async () => {
    expect((await genesis.as('reader').get(path(''))).statusCode).toBe(200);
    for (const rest of ['', '/Erlang/v2.0', '/Erlang/v2.0/create']) {
      expect((await genesis.as('stranger').get(path(rest))).statusCode).toBe(403);
    }
    expect((await genesis.as('genesis').get('/projects/99999/templates')).statusCode).toBe(404);
  });
});

describe('GET /rest/projects/{id}/templates/{name}/v{version}', () => {
  it('describes one, whose version has dots', async () => {
    expect((await genesis.as('user').get(path('/Forms/v1.2.3'))).json()).toMatchObject({
      name: 'Forms',
      version: '1.2.3',
    });
  });

  it('shows its source', async () => {
    const answer = await genesis.as('user').get(path('/Forms/v1.2.3?format=src'));
    expect(answer.json()).toEqual({ name: 'Forms', version: '1.2.3', content: FORMS });
  });

  it.each(['/Nope/v2.0', '/Erlang/v9.9', '/Erlang/2.0', '/Broken/v1', '/Erlang/v', '/%00/v1', '/..%2f..%2fetc/v1'])(
    'is a 404 for what is not there: %s',
    async (rest) => {
      const answer = await genesis.as('user').get(path(rest));
      expect(answer.statusCode).toBe(404);
    },
  );

  it('names template and version in its 404', async () => {
    const answer = await genesis.as('user').get(path('/Erlang/v9.9'));
    expect(answer.json()).toMatchObject({
      isSuccess: false,
      isNotFound: true,
      compoundVariablesErrors: ['Template Erlang with version 9.9 not found'],
    });
  });
});

describe('GET /rest/projects/{id}/templates/{name}/v{version}/{workflow}', () => {
  it('describes what the workflow asks for', async () => {
    await setItems({ nets: 'red, blue,,red' });
    const answer = await genesis.as('user').get(path(`/Forms/v1.2.3/create?configurationId=${project.configId}`));
    expect(answer.statusCode).toBe(200);
    const base = { type: 'String', optional: true, defaultValue: null, hidden: false, disabled: false };
    expect(answer.json()).toMatchObject({ isSuccess: true });
    expect(answer.json<{ result: unknown }>().result).toEqual({
      name: 'create',
      varGroups: { place: { desc: 'Place', required: true } },
      variables: [
        {
          ...base,
          name: 'region',
          description: 'region',
          optional: false,
          defaultValue: 'eu',
          values: { eu: 'Europe', us: 'USA' },
        },
        { ...base, name: 'zone', description: 'zone', dependsOn: ['region'] },
        { ...base, name: 'net', description: 'net', values: { red: 'red', blue: 'blue' } },
        { ...base, name: 'disk', description: 'disk', values: { 'a.img': 'a.img' } },
        { ...base, name: 'key', description: 'key', type: 'Secret', hidden: true },
        { ...base, name: 'house', description: 'house', group: 'place' },
        { ...base, name: 'street', description: 'street', group: 'place' },
      ],
    });
  });

  it('is refused while what it requires is not so', async () => {
    await setItems({ closed: 'yes' });
    const answer = await genesis.as('user').get(path('/Forms/v1.2.3/create'));
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ isSuccess: false, compoundServiceErrors: ['The configuration is closed'] });
    await setItems({});
  });

  it('is a 404 for an unknown workflow or configuration, a 400 for an id that is none', async () => {
    expect((await genesis.as('user').get(path('/Forms/v1.2.3/nope'))).statusCode).toBe(404);
    expect((await genesis.as('user').get(path('/Forms/v1.2.3/create?configurationId=999999'))).statusCode).toBe(404);
    for (const id of ['x', '-1', '0', '1.5', '99999999999999999999', '1&configurationId=2']) {
      const answer = await genesis.as('user').get(path(`/Forms/v1.2.3/create?configurationId=${id}`));
      expect([id, answer.statusCode]).toEqual([id, 400]);
      expect(answer.json()).toEqual({ error: 'Invalid input' });
    }
  });

  it('knows only verbs it has', async () => {
    const answer = await genesis.as('user').delete(path('/Forms/v1.2.3/create'));
    expect(answer.statusCode).toBe(405);
  });
});

describe('POST /rest/projects/{id}/templates/{name}/v{version}/{workflow}', () => {
  const apply = (body: unknown, user: 'user' | 'reader' = 'user') =>
    genesis.as(user).post(path('/Forms/v1.2.3/create'), body);

  it('gives the lists of variables whose parents are all there, also to who may only read', async () => {
    for (const user of ['user', 'reader'] as const) {
      const answer = await apply({ variables: { region: 'us' }, configurationId: project.configId }, user);
      expect(answer.statusCode).toBe(200);
      expect(answer.json<{ result: unknown[] }>().result).toEqual([
        expect.objectContaining({ name: 'zone', dependsOn: ['region'], values: { u1: 'U-1' } }),
      ]);
    }
    for (const body of [{ variables: {} }, {}, { variables: { region: '' } }, { variables: null }]) {
      expect((await apply(body)).json()).toMatchObject({ isSuccess: true, result: [] });
    }
  });

  it('is refused for what cannot be', async () => {
    expect((await apply({ variables: { region: 'moon' } })).json()).toMatchObject({
      isSuccess: false,
      variablesErrors: { region: 'Invalid value' },
    });
    for (const body of [
      [1],
      '{',
      { variables: [] },
      { variables: 'x' },
      { configurationId: {} },
      { configurationId: 'x' },
    ]) {
      const answer = await apply(body);
      expect([body, answer.statusCode]).toEqual([body, 400]);
      expect(answer.json()).toEqual({ error: 'Invalid input' });
    }
  });
});

describe('GET /rest/template-errors', () => {
  it('says what is wrong with which file, and where', async () => {
    const answer = await genesis.as('reader').get('/template-errors');
    expect(answer.json<{ items: unknown }>().items).toEqual([
      {
        file: 'broken.yaml',
        line: 6,
        path: 'workflows.create.steps[0].kind',
        message: 'must be one of shell, ssh, http, simulate, attributes, lease, release',
      },
    ]);
    expect((await genesis.as('user').get('/template-errors')).statusCode).toBe(403);
  });
});

describe('a template file', () => {
  const names = () => templates.list().map(({ name, version }) => `${name} ${version}`);
  const simple = (version: string, steps = '[]') =>
    `name: Late\nversion: "${version}"\ncreateWorkflow: c\ndestroyWorkflow: d\nworkflows: {c: {steps: ${steps}}, d: {}}\n`;

  async function until(isSo: () => boolean): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (!isSo()) {
      if (Date.now() > deadline) throw new Error('it did not happen within a minute');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  it('is seen when it comes, changes and goes', async () => {
    genesis.writeTemplate('late.yaml', simple('1'));
    await until(() => names().includes('Late 1'));
    genesis.writeTemplate('late.yaml', simple('2'));
    await until(() => names().includes('Late 2'));
    expect(names()).not.toContain('Late 1');
    rmSync(join(genesis.templatesDir, 'late.yaml'));
    await until(() => !names().includes('Late 2'));
  }, 120_000);

  it('of a used version keeps its content, whatever is written into it', async () => {
    const dataSource = genesis.test.app.get(DataSource);
    const use = (template: Template) => dataSource.transaction((tx) => templates.use(tx, template));
    genesis.writeTemplate('used.yaml', simple('7'));
    await templates.reload();
    const before = templates.find('Late', '7');
    if (!before) throw new Error('not read');
    await Promise.all([use(before), use(before), use(before)]);
    await use(before);

    genesis.writeTemplate('used.yaml', simple('7', '[{kind: simulate}]'));
    await templates.reload();
    expect(templates.find('Late', '7')).toEqual(before);
    expect(templates.source('Late', '7')).toBe(simple('7'));
    expect(templates.errors()).toContainEqual(
      expect.objectContaining({ file: 'used.yaml', message: expect.stringContaining('changes need a new version') }),
    );

    genesis.writeTemplate('used.yaml', `# only a comment\n${simple('7')}`);
    await templates.reload();
    expect(templates.errors().map(({ file }) => file)).not.toContain('used.yaml');

    const changed = { ...before, createWorkflow: 'd', destroyWorkflow: 'c' };
    await expect(use(changed)).rejects.toThrow('was changed after it had been used');
  });
});
