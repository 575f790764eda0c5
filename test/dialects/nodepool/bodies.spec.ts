import { type Pool, startPool } from './pool.js';
import { addNode } from './rows.js';

let pool: Pool;
let id: number;

beforeAll(async () => {
  pool = await startPool();
});
afterAll(() => pool.close());
beforeEach(async () => {
  id = await addNode(pool.app.database, { stateTime: new Date('2026-01-02T03:04:05Z') });
});

const FORM = 'application/x-www-form-urlencoded';
const put = (payload: string | Uint8Array | undefined, type?: string) =>
  pool.as('PUT', `/v1/nodes/${id}`, { payload, headers: type === undefined ? {} : { 'content-type': type } });
const node = () => pool.get<Record<string, unknown>>(`/v1/nodes/${id}`);

function multipart(parts: readonly (readonly [name: string, value: string, more?: string])[]): string {
  const body = parts.map(
    ([name, value, more]) => `--b\r\nContent-Disposition: form-data; name="${name}"${more ?? ''}\r\n\r\n${value}\r\n`,
  );
  return `${body.join('')}--b--\r\n`;
}
const MULTIPART = 'multipart/form-data; boundary=b';

describe('a body', () => {
  const good: Record<string, readonly [string, string]> = {
    'as a form': ['state=hold', FORM],
    'as a form with a charset': ['state=hold', `${FORM}; charset=UTF-8`],
    'as a form with other fields': ['a=1&state=hold&b=%00', FORM],
    'as multipart': [multipart([['state', 'hold']]), MULTIPART],
    'as multipart with a file beside it': [
      multipart([
        ['junk', 'x'.repeat(1000), '; filename="f.bin"'],
        ['state', 'hold'],
      ]),
      MULTIPART,
    ],
    'as JSON': ['{"state": "hold"}', 'application/json'],
    'as JSON with a charset': ['{"state": "hold"}', 'application/json; charset=utf-8'],
    'whose last duplicate counts, form': ['state=ready&state=nope&state=hold', FORM],
    'whose last duplicate counts, multipart': [
      multipart([
        ['state', 'ready'],
        ['state', 'hold'],
      ]),
      MULTIPART,
    ],
    'whose last duplicate counts, JSON': ['{"state": "ready", "state": "hold"}', 'application/json'],
  };
  it.each(Object.entries(good))('is taken %s', async (_name, [payload, type]) => {
    const answer = await put(payload, type);
    expect([answer.statusCode, answer.body]).toEqual([200, 'null']);
    expect(answer.headers['content-type']?.toLowerCase()).toBe('application/json; charset=utf-8');
    expect(await node()).toMatchObject({ _state: 5, state: 'hold' });
  });

  const missing = "Request body parameter 'state' missing";
  const bad: Record<string, readonly [string | undefined, string | undefined, string | RegExp]> = {
    nothing: [undefined, undefined, missing],
    'an empty form': ['', FORM, missing],
    'an empty state': ['state=', FORM, missing],
    'a state in another field': ['State=hold', FORM, missing],
    'a form without a type': ['state=hold', undefined, missing],
    'a form as text': ['state=hold', 'text/plain', missing],
    'JSON null': ['null', 'application/json', missing],
    'a JSON list': ['[{"state": "hold"}]', 'application/json', missing],
    'a JSON text': ['"hold"', 'application/json', missing],
    'an empty JSON': ['{}', 'application/json', missing],
    'a JSON null in it': ['{"state": null}', 'application/json', missing],
    'another state': ['state=delete', FORM, 'Node state not permitted'],
    'the number of a state': ['state=5', FORM, 'Node state not permitted'],
    'upper case': ['state=HOLD', FORM, 'Node state not permitted'],
    blanks: ['state=+hold', FORM, 'Node state not permitted'],
    'a NUL': ['state=hold%00', FORM, 'Node state not permitted'],
    'an earlier duplicate': ['state=hold&state=nope', FORM, 'Node state not permitted'],
    'a JSON number': ['{"state": 5}', 'application/json', 'Node state not permitted'],
    'a JSON list in it': ['{"state": ["hold"]}', 'application/json', 'Node state not permitted'],
    'a JSON map in it': ['{"state": {"hold": 1}}', 'application/json', 'Node state not permitted'],
    'broken JSON': ['{"state": "hold"', 'application/json', /JSON parse error/],
    'a prototype': ['{"__proto__": {"state": "hold"}}', 'application/json', /forbidden/],
    'deep JSON': [
      `{"state": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
      'application/json',
      'Node state not permitted',
    ],
    'multipart without an end': ['--b\r\nContent-Disposition: form-data; name="state"\r\n\r\nhold', MULTIPART, /./],
    'multipart without a boundary': [multipart([['state', 'hold']]), 'multipart/form-data', /./],
    'multipart that is none': ['state=hold', MULTIPART, /./],
    'multipart with the state as a file': [multipart([['state', 'hold', '; filename="s"']]), MULTIPART, missing],
    'a ttl that is no number': ['state=hold&ttl=soon', FORM, "Request body parameter 'ttl' not permitted"],
    'a ttl below nothing': ['state=hold&ttl=-1', FORM, "Request body parameter 'ttl' not permitted"],
    'a ttl beyond measure': ['state=hold&ttl=9999999999', FORM, "Request body parameter 'ttl' not permitted"],
    'a JSON ttl of another kind': ['{"state":"hold","ttl":[1]}', 'application/json', /'ttl' not permitted/],
    'a reason that is no text': ['{"state":"hold","reason":{"a":1}}', 'application/json', /'reason' not permitted/],
    'a reason with a NUL': ['state=hold&reason=a%00b', FORM, /'reason' not permitted/],
    'a reason that is a novel': [`state=hold&reason=${'x'.repeat(256)}`, FORM, /'reason' not permitted/],
  };
  it.each(Object.entries(bad))('is refused and changes nothing: %s', async (_name, [payload, type, description]) => {
    const before = await node();
    const answer = await put(payload, type);
    expect(answer.statusCode).toBe(400);
    const said = answer.json<{ code: number; title: string; description: string }>();
    expect(said).toMatchObject({ code: 400, title: 'Bad Request' });
    if (typeof description === 'string') expect(said.description).toBe(description);
    else expect(said.description).toMatch(description);
    const { age: _age, ...unchanged } = before;
    expect(await node()).toMatchObject(unchanged);
  });

  it('may be 64 KiB at most', async () => {
    for (const type of [FORM, 'application/json', MULTIPART, 'text/plain']) {
      const answer = await put(JSON.stringify('x'.repeat(65_537)), type);
      expect([type, answer.statusCode, answer.json()['code']]).toEqual([type, 413, 413]);
    }
    const field = await put(multipart([['state', 'x'.repeat(65_000)]]), MULTIPART);
    expect(field.statusCode).toBe(400);
    expect((await node())['_state']).toBe(2);
  });

  it('may be so in pieces, too', async () => {
    for (const [type, payload] of [
      [FORM, `state=hold&x=${'x'.repeat(65_537)}`],
      ['application/json', `{"state":"hold","x":"${'x'.repeat(65_537)}"}`],
    ] as const) {
      const headers = { 'content-type': type, 'transfer-encoding': 'chunked' };
      const answer = await pool.as('PUT', `/v1/nodes/${id}`, { payload, headers });
      expect([type, answer.statusCode]).toEqual([type, 413]);
    }
    expect((await node())['_state']).toBe(2);
  });

  it('does not matter where none is wanted', async () => {
    for (const [type, payload] of [
      ['application/json', '{'],
      ['application/xml', '<a/>'],
      [FORM, '%ff'],
    ] as const) {
      for (const [method, url] of [
        ['DELETE', '/v1/nodes/999'],
        ['DELETE', '/v1/images/999'],
        ['DELETE', '/v1/dib_images/999'],
        ['POST', '/v1/dib_images/none/build'],
      ] as const) {
        const answer = await pool.as(method, url, { payload, headers: { 'content-type': type } });
        expect([type, method, url, answer.statusCode]).toEqual([type, method, url, 404]);
      }
    }
  });

  it('of an odd type or encoding is refused', async () => {
    for (const type of ['application/xml', 'nonsense', 'application/json, text/html', 'x'.repeat(5_000)]) {
      const answer = await put('state=hold', type);
      expect([type.slice(0, 20), answer.statusCode]).toEqual([type.slice(0, 20), 415]);
    }
    const zipped = await pool.as('PUT', `/v1/nodes/${id}`, {
      payload: Buffer.from([0x1f, 0x8b, 0x00]),
      headers: { 'content-type': FORM, 'content-encoding': 'gzip' },
    });
    expect(zipped.statusCode).toBe(415);
    const latin = await put(Uint8Array.from([0x73, 0x3d, 0xff]), FORM);
    expect(latin.statusCode).toBe(400);
  });

  it('is not the query', async () => {
    const answer = await pool.as('PUT', `/v1/nodes/${id}?state=hold`);
    expect([answer.statusCode, answer.json()['description']]).toEqual([400, missing]);
    const update = await pool.as('POST', '/v1/images/fake-image/update?provider_name=p');
    expect(update.json()['description']).toBe("Request body parameter 'provider_name' missing");
  });

  it('counts only when there is a node', async () => {
    for (const [payload, type] of [
      [undefined, FORM],
      ['state=', FORM],
      ['state=nope', FORM],
      ['{"state": "hold"', 'application/json'],
      ['{"__proto__": 1}', 'application/json'],
      [`"${'x'.repeat(70_000)}"`, 'application/json'],
      ['<state/>', 'application/xml'],
      ['state=hold', MULTIPART],
    ] as const) {
      const answer = await pool.as('PUT', '/v1/nodes/999999', { payload, headers: { 'content-type': type } });
      expect([type, answer.statusCode, answer.json()['description']]).toEqual([type, 404, 'Node id not found']);
    }
  });
});
