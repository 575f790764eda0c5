import { jest } from '@jest/globals';
import { Envs, TEMPLATES } from './envs-support.js';
import { type Genesis, startGenesis } from './genesis.js';

jest.setTimeout(120_000);

const UGLY: readonly unknown[] = [
  null,
  7,
  'text',
  '{',
  [[]],
  {},
  { envName: 'a\u0000b', templateName: 'Erlang', templateVersion: '2.0' },
  { envName: '\ud800', templateName: 'Erlang', templateVersion: '2.0' },
  { envName: 'x', templateName: ['Erlang'], templateVersion: {} },
  {
    envName: 'x',
    templateName: 'Erlang',
    templateVersion: '2.0',
    variables: { nodesCount: 2 ** 63 },
    configId: 2 ** 63,
  },
  { envName: 'x', templateName: 'Erlang', templateVersion: '2.0', variables: { nodesCount: '1e999' } },
  { envName: 'x', templateName: '__proto__', templateVersion: 'constructor', timeToLive: 2 ** 53 },
  { environment: { name: ['x'] } },
  { environment: [] },
  { action: ['cancel'] },
  { action: 'execute', parameters: { workflow: {}, variables: [] } },
  { action: 'execute', parameters: { workflow: '__proto__', variables: { __proto__: 1 } } },
  { value: '9'.repeat(400) },
  { value: Number.MAX_SAFE_INTEGER },
  { workflow: 'constructor', executionDate: Number.MAX_SAFE_INTEGER },
  { workflow: 'long', executionDate: 8.64e15 + 1, schedule: '* '.repeat(5_000) },
  { workflow: 'scale', executionDate: { a: 1 }, parameters: 'x', schedule: ['1d'] },
  JSON.parse(`${'{"a":'.repeat(500)}1${'}'.repeat(500)}`),
];

const QUERIES = [
  '?page_offset[]=1&page_length=%00',
  '?page_offset=9007199254740993&page_length=1e3',
  '?filter=statuses[%00]&sorting=%F0%9F%92%A9',
  '?filter[a]=b&filter=c&sorting=a&sorting=b',
  '?sorting=__proto__',
  '?timezone_offset=NaN&include_actions=%00',
];

describe('whatever is asked', () => {
  let genesis: Genesis;
  let envs: Envs;
  let id: number;

  beforeAll(async () => {
    genesis = await startGenesis({ templates: TEMPLATES });
    envs = await Envs.of(genesis);
    id = await envs.create('Flows', '1');
  });
  afterAll(() => genesis.close());

  async function facts(): Promise<unknown> {
    return genesis.test.database.dataSource.query(
      `select (select json_agg(json_build_array(e.id, e.name, e.status)) from environments e) as environments,
         (select count(*) from environment_workflows) as workflows, (select count(*) from environment_schedules) as schedules`,
    );
  }

  it('is never an error of ours, and changes nothing', async () => {
    const before = await facts();
    const admin = genesis.as('genesis');
    const own = `${envs.path}/${id}`;
    const bodied = [
      ['post', envs.path],
      ['put', own],
      ['post', `${own}/actions`],
      ['put', `${own}/timeToLive`],
      ['post', `${own}/jobs`],
      ['put', `${own}/jobs/1`],
      ['post', `${own}/workflows/%00`],
      ['post', `${own}/workflows/create`],
      ['post', `${own}/actions/__proto__`],
    ] as const;
    for (const [method, path] of bodied) {
      for (const body of UGLY) {
        const { statusCode } = await admin[method](path, body);
        expect([method, path, body, statusCode >= 400 && statusCode < 500]).toEqual([method, path, body, true]);
      }
    }
    const read = [
      '',
      '/history',
      '/logs/1',
      '/steps/1/actions',
      '/jobs',
      '/failedJobs',
      '/workflows/%00',
      '/history/2147483648',
    ];
    for (const path of [envs.path, ...read.map((rest) => own + rest)]) {
      for (const query of QUERIES) {
        const { statusCode } = await admin.get(path + query);
        expect([path, query, statusCode < 500]).toEqual([path, query, true]);
      }
    }
    expect(await facts()).toEqual(before);
  });
});
