import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { startTestApp, type TestApp } from '../../support/app.js';
import { ProbeModule, WORD } from './probe.js';

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp({ modules: [ProbeModule], config: { trustedProxies: ['192.0.2.0/24'] } });
});
afterAll(() => running.close());

const get = (url: string, headers: Record<string, string> = {}) => running.inject({ url, headers });
const echo = (payload: string | Uint8Array, type: string | undefined, headers: Record<string, string> = WORD) =>
  running.inject({
    method: 'POST',
    url: '/probe/echo',
    payload,
    headers: { ...headers, ...(type === undefined ? {} : { 'content-type': type }) },
  });

describe('paths', () => {
  it.each(['/probe/items/7', '/probe/items/7/'])('%s is served as it is, without a redirect', async (url) => {
    const answer = await get(url);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ id: '7', jobs: 0 });
  });

  it('takes a POST with a trailing slash and its body', async () => {
    const answer = await running.inject({ method: 'POST', url: '/probe/echo/', payload: { a: 1 }, headers: WORD });
    expect(answer.json()).toEqual({ body: { a: 1 }, type: 'object' });
  });

  it.each(['//probe/items/7', '/probe//items/7', '/probe/items//', '/probe/Items/7'])(
    '%s is a path of its own, which does not exist',
    async (url) => {
      const answer = await get(url);
      expect(answer.statusCode).toBe(404);
      expect(answer.headers.location).toBeUndefined();
    },
  );

  it.each(['/probe/nothing', '/probe/items/%zz'])(
    'finds the dialect of an address with a host before it: %s',
    async (path) => {
      const socket = connect(Number(new URL(running.url).port), '127.0.0.1');
      socket.end(`GET http://proxied.example:80${path} HTTP/1.1\r\nHost: proxied.example\r\nConnection: close\r\n\r\n`);
      expect(await text(socket)).toMatch(/^x-dialect: probe\r$/im);
    },
  );

  it('words an unknown path as the dialect it would belong to', async () => {
    const answer = await get('/probe/nothing/here');
    expect([answer.statusCode, answer.headers['x-dialect'], answer.json()]).toEqual([
      404,
      'probe',
      { detail: 'Not found.' },
    ]);
  });

  it.each(['/nothing', '/probes', '/prob'])('answers problem+json outside every dialect: %s', async (url) => {
    const answer = await get(url);
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json()).toMatchObject({ status: 404, title: 'Not Found', code: 'route_not_found' });
  });

  it.each(['/probe/items/%zz', '/probe/%', '/probe/items/%e0%a4', '/probe/items/%ff'])(
    'refuses bad percent-encoding in the dialect: %s',
    async (url) => {
      const answer = await get(url);
      expect([answer.statusCode, answer.headers['x-dialect']]).toEqual([400, 'probe']);
      expect(answer.json()).toEqual({ detail: 'The address of the request is malformed.' });
      expect(answer.headers['x-request-id']).toMatch(/^[\w-]{36}$/);
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
    },
  );

  it.each(['/probe/%00', '/probe/items/a%00b', '/probe/items/..%2f..%2fetc', '/probe/items/7?x=%zz&y=%00'])(
    'survives %s',
    async (url) => {
      expect((await get(url)).statusCode).toBeLessThan(500);
    },
  );

  it('takes a thousand job ids in a query', async () => {
    const ids = Array.from({ length: 1000 }, (_, n) => `job_id=00000000-0000-4000-8000-${String(n).padStart(12, '0')}`);
    const answer = await get(`/probe/items/7?${ids.join('&')}`);
    expect(answer.json()).toEqual({ id: '7', jobs: 1000 });
  });

  it('takes a path parameter of a thousand characters and refuses one of two thousand', async () => {
    expect((await get(`/probe/items/${'a'.repeat(1000)}`)).statusCode).toBe(200);
    expect((await get(`/probe/items/${'a'.repeat(2000)}`)).statusCode).toBe(400);
  });

  it('answers 431 to more headers than it takes', async () => {
    expect((await get(`/probe/items/7?${'a'.repeat(70_000)}`)).statusCode).toBe(431);
  });
});

describe('methods', () => {
  it('names what the path answers when the method is wrong', async () => {
    const answer = await running.inject({ method: 'PUT', url: '/probe/items/7/' });
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe('GET, DELETE, HEAD, OPTIONS');
    expect(answer.json()).toEqual({ detail: 'Method "PUT" not allowed.' });
  });

  it('does so with a body of any kind, and for methods of other protocols', async () => {
    const payload = '{"half';
    const answer = await running.inject({ method: 'POST', url: '/probe/items/7', payload, headers: WORD });
    expect([answer.statusCode, answer.json()]).toEqual([405, { detail: 'Method "POST" not allowed.' }]);
    expect((await running.inject({ method: 'PROPFIND', url: '/probe/items/7' })).statusCode).toBe(405);
  });

  it('tells OPTIONS what there is', async () => {
    const answer = await running.inject({ method: 'OPTIONS', url: '/probe/echo' });
    expect([answer.statusCode, answer.headers.allow, answer.body]).toEqual([204, 'POST, OPTIONS', '']);
    expect((await running.inject({ method: 'OPTIONS', url: '/probe/nothing' })).statusCode).toBe(404);
  });

  it('answers HEAD like GET, without the body', async () => {
    const [head, whole] = [
      await running.inject({ method: 'HEAD', url: '/probe/items/7' }),
      await get('/probe/items/7'),
    ];
    expect([head.statusCode, head.headers['content-length'], head.body]).toEqual([
      200,
      whole.headers['content-length'],
      '',
    ]);
  });

  it('survives a request that is no HTTP', async () => {
    const socket = connect(Number(new URL(running.url).port), '127.0.0.1');
    socket.end('NONSENSE\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /);
    expect((await get('/health/live')).statusCode).toBe(200);
  });
});

describe('bodies', () => {
  it.each([
    ['{"a":hunter2}', "JSON parse error - Unexpected token 'h'"],
    ['{"password":"hunter2', 'JSON parse error - Unterminated string at position 20'],
    ['{"a":1,}', 'JSON parse error - Expected double-quoted property name at position 7'],
    ['hunter2', "JSON parse error - Unexpected token 'h'"],
    ['{"__proto__":{"admin":true}}', 'JSON parse error - The body holds a forbidden property name'],
    ['{"a":{"constructor":{"prototype":{"x":1}}}}', 'JSON parse error - The body holds a forbidden property name'],
  ])('refuses the JSON %s, and quotes nothing of it', async (payload, detail) => {
    const answer = await echo(payload, 'application/json');
    expect([answer.statusCode, answer.json()]).toEqual([400, { detail }]);
    expect(answer.body).not.toContain('hunter2');
  });

  it('refuses bytes that are no UTF-8', async () => {
    const answer = await echo(Buffer.from([0x22, 0xff, 0xfe, 0x22]), 'application/json');
    expect([answer.statusCode, answer.json()]).toEqual([
      400,
      { detail: 'JSON parse error - The body is not valid UTF-8' },
    ]);
  });

  it.each([
    ['{"half', 'application/json'],
    ['<xml/>', 'text/xml'],
    ['x', 'no media type'],
  ])('asks who it is before it complains about %s', async (payload, type) => {
    const answer = await echo(payload, type, {});
    expect([answer.statusCode, answer.json()]).toEqual([401, { detail: 'Say the word.' }]);
  });

  it.each([
    'text/plain',
    'text/plain; charset=utf-8',
    'application/xml',
    'application/vnd.api+json',
    'nonsense',
    'a/b/c',
  ])('refuses the type %s by name', async (type) => {
    const answer = await echo('{"a":1}', type);
    expect([answer.statusCode, answer.json()]).toEqual([
      415,
      { detail: `Unsupported media type "${type}" in request.` },
    ]);
  });

  it('refuses a body without a type, a packed one and a form of parts', async () => {
    expect((await echo('{"a":1}', undefined)).json()).toEqual({ detail: 'Unsupported media type "" in request.' });
    expect((await echo('xx', 'application/json', { ...WORD, 'content-encoding': 'gzip' })).statusCode).toBe(415);
    expect((await echo('--x--', 'multipart/form-data; boundary=x')).statusCode).toBe(415);
  });

  it.each([
    ['null', null],
    ['[]', []],
    ['"text"', 'text'],
    ['7', 7],
    ['{"a":{"b":[1]}}', { a: { b: [1] } }],
  ])('hands %s on as it is', async (payload, body) => {
    expect((await echo(payload, 'application/json; charset=UTF-8')).json()).toMatchObject({ body });
  });

  it('takes no body, of any type, for none', async () => {
    for (const type of [undefined, 'application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
      expect((await echo('', type)).json()).toEqual({ body: null, type: 'undefined' });
    }
  });

  it('reads forms', async () => {
    const answer = await echo('a=1&b=x+y%20z&c=&a=2&d=%zz', 'application/x-www-form-urlencoded');
    expect(answer.json()).toMatchObject({ body: { a: ['1', '2'], b: 'x y z', c: '', d: '%zz' } });
    expect((await echo('__proto__=1', 'application/x-www-form-urlencoded')).statusCode).toBe(400);
  });

  it('takes the ids of a hundred thousand devices and refuses more than 8 MB', async () => {
    const ids = Array.from({ length: 100_000 }, (_, n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`);
    const taken = await echo(JSON.stringify({ ids }), 'application/json');
    expect(taken.json<{ body: { ids: string[] } }>().body.ids).toHaveLength(100_000);
    const refused = await echo('x'.repeat(8 * 1024 * 1024 + 1), 'application/json');
    expect([refused.statusCode, refused.json()]).toEqual([413, { detail: 'The request body is too large.' }]);
  });

  it('leaves a stream to the route that asks for it, of any length', async () => {
    const payload = Buffer.alloc(9 * 1024 * 1024);
    const headers = { ...WORD, 'content-type': 'application/octet-stream' };
    const answer = await running.inject({ method: 'POST', url: '/probe/upload', payload, headers });
    expect(answer.json()).toEqual({ bytes: payload.length });
  });

  it('reads a file out of a form of parts for the route that asks for it', async () => {
    const form = new FormData();
    form.set('file', new Blob(['hello']), 'a.bin');
    const answer = await fetch(`${running.url}/probe/upload`, { method: 'POST', body: form, headers: WORD });
    expect(await answer.json()).toEqual({ bytes: 5 });
  });
});

describe('faults', () => {
  it('tell when to come back', async () => {
    const answer = await get('/probe/throws/throttled');
    expect([answer.statusCode, answer.headers['retry-after'], answer.json()]).toEqual([
      429,
      '8',
      { detail: 'Slow down.' },
    ]);
  });

  it('of the request are 4xx even when only the database saw them', async () => {
    expect((await get('/probe/throws/uuid')).statusCode).toBe(400);
    expect((await get('/probe/throws/nul')).statusCode).toBe(400);
  });

  it('of ours tell nothing', async () => {
    const answer = await get('/probe/throws/bug');
    expect([answer.statusCode, answer.json()]).toEqual([500, { detail: 'hidden' }]);
  });
});

describe('every answer', () => {
  it('carries the id its caller gave', async () => {
    expect((await get('/probe/items/7', { 'x-request-id': 'deploy-42.a:b' })).headers['x-request-id']).toBe(
      'deploy-42.a:b',
    );
  });

  it.each(['', 'two words', 'a'.repeat(129), '<script>'])('gets a new id for "%s"', async (given) => {
    expect((await get('/probe/items/7', { 'x-request-id': given })).headers['x-request-id']).toMatch(/^[\w-]{36}$/);
  });

  it('tells browsers to keep to themselves and nothing of the software', async () => {
    for (const url of ['/probe/items/7', '/nothing', '/probe/throws/bug', '/ui/']) {
      const { headers } = await get(url);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
      expect(headers).not.toHaveProperty('x-powered-by');
      expect(headers).not.toHaveProperty('server');
    }
  });

  it('knows its client by the connection, whatever a stranger forwards', async () => {
    const answer = await get('/probe/address', { 'x-forwarded-for': '198.51.100.9' });
    expect(answer.json()).toMatchObject({ address: '127.0.0.1' });
  });
});
