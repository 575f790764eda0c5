import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { API_PASSWORD, API_USER, basic, type Pool, startPool } from './pool.js';
import { addDib, addImage, addNode } from './rows.js';

const YAML = `
labels: []
providers:
  - {name: p, driver: fake, max-servers: 1, images: [{name: i, diskimage: d}]}
diskimages: [{name: d, elements: [vm]}]
targets: [{name: t}]
`;

let pool: Pool;

beforeAll(async () => {
  pool = await startPool({ yaml: YAML, config: { nodepoolBuildWait: 0 } });
  await addNode(pool.app.database);
  await addImage(pool.app.database);
  await addDib(pool.app.database);
});
afterAll(() => pool.close());

const refs = [
  '1',
  '999',
  '0',
  '-1',
  '1x',
  '%00',
  '%ff',
  '%',
  '..',
  '.',
  '%2e%2e',
  '*',
  '1.json',
  '%D9%A3',
  encodeURIComponent('🌈'),
  'x'.repeat(2_000),
  '2147483648',
  '1e309',
  'NaN',
  "1'--",
  '1;drop',
  '{}',
  '__proto__',
];
const routes = (ref: string) => [
  ...['nodes', 'images', 'dib_images'].map((kind) => `/v1/${kind}/${ref}`),
  `/v1/images/${ref}/update`,
  `/v1/dib_images/${ref}/build`,
  `/v1/dib_images/${ref}/upload`,
  `/v1/dib_images/${ref}/log`,
  `/v1/aliens/${ref}`,
  `/v1/config/${ref}`,
];
const authorization = basic(API_USER, API_PASSWORD);

describe('ugly input', () => {
  it.each(['GET', 'HEAD', 'PUT', 'POST', 'DELETE', 'PATCH', 'OPTIONS'])(
    'by %s never is our failure',
    async (method) => {
      for (const url of refs.flatMap(routes)) {
        const payload = method === 'PUT' || method === 'POST' ? 'provider_name=%00&state=%00' : undefined;
        const type = { 'content-type': 'application/x-www-form-urlencoded' };
        const headers = { authorization, ...(payload === undefined ? {} : type) };
        const { statusCode } = await pool.request(method, url, { headers, payload });
        expect([url, statusCode < 500]).toEqual([url, true]);
      }
    },
  );

  it('in bodies never is our failure', async () => {
    const value = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('p', 'all', 'hold', 'ready', '\0'),
    );
    const types = [
      'application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=b',
      'text/yaml',
      '',
    ];
    const urls = ['/v1/nodes/1', '/v1/images/i/update', '/v1/dib_images/d/upload', '/v1/config/validate'];
    const property = fc.asyncProperty(
      fc.constantFrom(...urls),
      fc.constantFrom(...types),
      fc.constantFrom('state', 'provider_name', 'config', 'ttl'),
      value,
      fc.boolean(),
      async (url, type, name, given, isRaw) => {
        const payload = isRaw ? given : written(type, name, given);
        const headers = { authorization, ...(type === '' ? {} : { 'content-type': type }) };
        const answer = await pool.request(url === urls[0] ? 'PUT' : 'POST', url, { headers, payload });
        expect(answer.statusCode).toBeLessThan(500);
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });

  it('in headers never is our failure', async () => {
    const odd = [
      '',
      ' ',
      ',',
      ';;;',
      '\u0080\u00ff',
      '*/*;q=nope',
      'a/b;'.repeat(3_000),
      '"',
      'application/json;q=2',
      '/',
      'text/',
    ];
    for (const given of odd) {
      for (const name of ['accept', 'prefer', 'content-type', 'authorization', 'x-auth-token']) {
        const headers = { authorization, [name]: given };
        for (const [method, url] of [
          ['GET', '/v1/nodes/999'],
          ['POST', '/v1/dib_images/nope/build'],
        ] as const) {
          const { statusCode } = await pool.request(method, url, { headers });
          expect([name, given.slice(0, 20), statusCode < 500]).toEqual([name, given.slice(0, 20), true]);
        }
      }
    }
  });

  it('that is hardly HTTP is refused too', async () => {
    const { port, hostname } = new URL(pool.app.url);
    for (const request of [
      'PUT /v1/nodes/1 HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n',
      'GET /v1/nodes/\u00ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    ]) {
      const socket = connect(Number(port), hostname);
      socket.end(Buffer.from(request, 'latin1'));
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
  });
});

function written(type: string, name: string, value: string): string {
  if (type.startsWith('multipart'))
    return `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n--b--\r\n`;
  if (type.includes('json')) return JSON.stringify({ [name]: value });
  return type.includes('form') ? new URLSearchParams({ [name]: value }).toString() : value;
}
