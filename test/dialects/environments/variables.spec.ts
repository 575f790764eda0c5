import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Genesis, type MadeProject, ok, startGenesis } from './genesis.js';

const SHIPPED = join(import.meta.dirname, '../../../templates');

const GROUPS = `name: Groups
version: "1"
createWorkflow: create
destroyWorkflow: destroy
workflows:
  create:
    groups: {place: {description: Place, required: true}}
    variables:
      - {name: house, group: place, description: House}
      - {name: street, group: place, description: Street}
      - {name: region, description: Region, optional: true, values: {eu: Europe, us: USA}}
      - {name: zone, optional: true, dependsOn: [region], valuesBy: {eu: {e1: E-1}, us: {u1: U-1}}}
      - {name: key, type: Secret, optional: true, description: Key}
  destroy: {}
`;

const GUARDED = `name: Guarded
version: "1"
createWorkflow: create
destroyWorkflow: destroy
workflows:
  create:
    require: [{message: Environment must contain no active instances, when: envConfig.instanceCount == 0}]
    variables: [{name: n, type: Integer}]
  destroy: {}
`;

let genesis: Genesis;
let project: MadeProject;
let names = 0;

beforeAll(async () => {
  const erlang = readFileSync(join(SHIPPED, 'erlang.yaml'), 'utf8');
  genesis = await startGenesis({
    templates: { 'erlang.yaml': erlang, 'groups.yaml': GROUPS, 'guarded.yaml': GUARDED },
  });
});

afterAll(() => genesis.close());

beforeEach(async () => {
  project = await genesis.makeProject();
});

function create(templateName: string, templateVersion: string, variables?: unknown) {
  const body = { envName: `env ${(names += 1)}`, templateName, templateVersion, variables };
  return genesis.as('user').post(`/projects/${project.id}/envs`, body);
}

const erlang = (variables?: unknown) => create('Erlang', '2.0', variables);

async function environments(): Promise<unknown[]> {
  const answer = await genesis.as('user').get(`/projects/${project.id}/envs`);
  return answer.json<{ items: unknown[] }>().items;
}

describe('making an environment', () => {
  it('asks for its variables (acceptance 3)', async () => {
    for (const variables of [undefined, null, {}, { nodesCount: '' }, { nodesCount: null }]) {
      const answer = await erlang(variables);
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toEqual({
        serviceErrors: {},
        variablesErrors: { nodesCount: "Variable 'nodesCount' is not set" },
        compoundServiceErrors: [],
        compoundVariablesErrors: [],
        isSuccess: false,
        isNotFound: false,
      });
    }
    expect(await environments()).toEqual([]);
  });

  it('checks their types and their validators (acceptance 4)', async () => {
    const errorsFor = async (nodesCount: unknown) => {
      const answer = await erlang({ nodesCount });
      expect(answer.statusCode).toBe(400);
      return answer.json<{ variablesErrors: unknown }>().variablesErrors;
    };
    const conversion = { nodesCount: 'Conversion failed. Expected type is Integer' };
    for (const value of ['nothing', '4.5', 2 ** 63, true]) {
      expect(await errorsFor(value)).toEqual(conversion);
    }
    for (const value of [0, -1, '101']) expect(await errorsFor(value)).toEqual({ nodesCount: 'must be from 1 to 100' });
    expect(await environments()).toEqual([]);
  });

  it('knows its template by name and version (acceptance 5)', async () => {
    for (const [name, version] of [
      ['Erlang', '9.9'],
      ['Nope', '2.0'],
      ['Erlang', 'v2.0'],
    ] as const) {
      const answer = await create(name, version, { nodesCount: 4 });
      expect(answer.statusCode).toBe(404);
      expect(answer.json()).toMatchObject({
        isSuccess: false,
        isNotFound: true,
        compoundVariablesErrors: [`Template ${name} with version ${version} not found`],
      });
    }
    expect(await environments()).toEqual([]);
  });

  it('takes what is right, as a number or a text, and fixes the version that was used', async () => {
    ok(await erlang({ nodesCount: 4 }));
    ok(await erlang({ nodesCount: '4', region: 'us', zone: 'u1', undeclared: 'x' }));
    expect(await environments()).toHaveLength(2);
    const used = await genesis.test.database.dataSource.query('select name, version from genesis_used_templates');
    expect(used).toEqual([{ name: 'Erlang', version: '2.0' }]);
  });

  it('refuses what is in no list, also one that depends on another variable (acceptance 32)', async () => {
    const errorsFor = async (variables: object) =>
      (await create('Groups', '1', { house: 'x', ...variables })).json<{ variablesErrors: unknown }>().variablesErrors;
    expect(await errorsFor({ region: 'moon' })).toEqual({ region: 'Invalid value' });
    expect(await errorsFor({ region: 'eu', zone: 'u1' })).toEqual({ zone: 'Invalid value' });
    expect(await errorsFor({ zone: 'e1' })).toEqual({ zone: 'Invalid value' });
    expect(await environments()).toEqual([]);
  });

  it('takes one variable of a group, and one of a required group at least (acceptance 32)', async () => {
    const both = await create('Groups', '1', { house: 'x', street: 'y' });
    const message = "No more than one variable in group 'place' could have value";
    expect(both.statusCode).toBe(400);
    expect(both.json()).toMatchObject({ variablesErrors: { house: message, street: message } });
    const none = await create('Groups', '1', { street: '' });
    expect(none.statusCode).toBe(400);
    expect(none.json()).toMatchObject({
      variablesErrors: { house: 'Place is required: please select non-empty value' },
    });
    expect(await environments()).toEqual([]);
    ok(await create('Groups', '1', { street: 'y' }));
  });

  it('says what a workflow requires beside what is wrong with its variables (acceptance 23)', async () => {
    ok(await create('Guarded', '1', { n: 1 }));
    const answer = await create('Guarded', '1', { n: 'x' });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      variablesErrors: { n: 'Conversion failed. Expected type is Integer' },
      compoundServiceErrors: ['Environment must contain no active instances'],
    });
    expect(await environments()).toHaveLength(1);
  });

  it('shows variables in its history by their labels, and no secret', async () => {
    const { result } = ok(
      await create('Groups', '1', { house: 'h', region: 'eu', zone: 'e1', key: 's3cret', extra: 5 }),
    );
    const answer = await genesis.as('user').get(`/projects/${project.id}/envs/${String(result)}/history`);
    expect(answer.json<{ history: { variables: unknown }[] }>().history[0]?.variables).toEqual({
      'Place: House': 'h',
      Region: 'Europe',
      zone: 'E-1',
      Key: '********',
      extra: '5',
    });
    expect(answer.body).not.toContain('s3cret');
  });

  it('is never an error of ours, whatever is given', async () => {
    const odd: unknown[] = [[], 'x', 4, true, { nodesCount: { $gt: 1 } }, { nodesCount: '9'.repeat(5_000) }];
    odd.push(
      { nodesCount: 4, region: 'constructor' },
      { nodesCount: 4, zone: '__proto__' },
      { nodesCount: 4, region: 'toString', zone: 'valueOf' },
    );
    for (const variables of odd) {
      const answer = await erlang(variables);
      expect([variables, answer.statusCode]).toEqual([variables, 400]);
    }
    expect(await environments()).toEqual([]);
  });
});
