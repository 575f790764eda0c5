import { startTestApp, type TestApp } from '../../support/app.js';

describe('the versions of the built-in Keystone', () => {
  let running: TestApp;
  beforeAll(async () => {
    running = await startTestApp();
  });
  afterAll(() => running.close());

  const version = (id: string, path: string, type: string) => ({
    id,
    status: 'stable',
    updated: expect.stringMatching(/^\d{4}-\d\d-\d\dT00:00:00Z$/),
    links: [{ rel: 'self', href: `${running.url}/keystone/${path}/` }],
    'media-types': [{ base: 'application/json', type: `application/vnd.openstack.identity-${type}+json` }],
  });

  it.each(['/keystone', '/keystone/'])('are listed at %s with 300, for everybody', async (url) => {
    const answer = await running.inject({ url });
    expect(answer.statusCode).toBe(300);
    expect(answer.json()).toEqual({
      versions: { values: [version('v3.6', 'v3', 'v3'), version('v2.0', 'v2.0', 'v2.0')] },
    });
  });

  it.each([
    ['v2.0', 'v2.0', 'v2.0'],
    ['v3.6', 'v3', 'v3'],
  ])('%s describes itself, with and without a slash at the end', async (id, path, type) => {
    for (const slash of ['', '/']) {
      const answer = await running.inject({ url: `/keystone/${path}${slash}` });
      expect([answer.statusCode, answer.json()]).toEqual([200, { version: version(id, path, type) }]);
    }
  });

  it('are named under the address the client used', async () => {
    const answer = await running.inject({ url: '/keystone/v3', headers: { host: 'slipway.example:8443' } });
    expect(answer.json()).toMatchObject({ version: { links: [{ href: 'http://slipway.example:8443/keystone/v3/' }] } });
  });
});
