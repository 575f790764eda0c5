import { Engine } from './engine.js';

const YAML = `
labels: []
providers: [{ name: fake-provider, driver: fake, rate: 0.01, max-servers: 1 }]
`;

describe('a provider that answers', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await Engine.start(YAML);
  });
  afterAll(() => engine.close());

  it('is up, also when it was another process that it failed', async () => {
    await engine.passes.cleanUp();
    await engine.sql.query(
      `insert into pool_backoffs (name, failures, retry_at, last_error)
       values ('provider:fake-provider', 3, now() + interval '1 hour', 'it was away')`,
    );
    await engine.passes.cleanUp();
    expect(await engine.sql.query('select * from pool_backoffs')).toEqual([]);
  });
});
