import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ActionError } from '../../src/common/errors.js';
import { AllowedPlaces } from '../../src/drivers/http-call/allowed-places.js';
import { HttpCaller, type HttpRequest, type HttpSettings } from '../../src/drivers/http-call/http-caller.js';

describe('places that may be called', () => {
  const whyNot = (list: string[], host: string, address = host, port = 80) =>
    new AllowedPlaces(list).whyNot(host, port, address);

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fd00:ec2::254',
    'fc00::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'ff02::1',
  ])('are not %s, unless it is listed', (address) => {
    expect(whyNot(['public'], address)).toContain(`${address} may not be called`);
    expect(whyNot(['public'], 'innocent.example', address)).toContain(`innocent.example (${address})`);
    expect(whyNot([address], 'any.example', address)).toBeNull();
  });

  it.each(['93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c'])('are public ones such as %s', (address) => {
    expect(whyNot(['public'], 'example.com', address)).toBeNull();
    expect(whyNot([], 'example.com', address)).not.toBeNull();
    expect(whyNot(['other.example'], 'example.com', address)).not.toBeNull();
  });

  it('are networks, names and names below one, with or without a port', () => {
    expect(whyNot(['10.0.0.0/8'], 'a.example', '10.9.9.9')).toBeNull();
    expect(whyNot(['10.0.0.0/8'], 'a.example', '11.9.9.9')).not.toBeNull();
    expect(whyNot(['10.0.0.0/8'], 'a.example', '::ffff:10.1.1.1')).toBeNull();
    expect(whyNot(['Deploy.example'], 'deploy.EXAMPLE.', '10.1.1.1')).toBeNull();
    expect(whyNot(['deploy.example:8080'], 'deploy.example', '10.1.1.1', 8080)).toBeNull();
    expect(whyNot(['deploy.example:8080'], 'deploy.example', '10.1.1.1', 80)).not.toBeNull();
    expect(whyNot(['*.example'], 'a.b.example', '10.1.1.1')).toBeNull();
    expect(whyNot(['*.example'], 'example', '10.1.1.1')).not.toBeNull();
    expect(whyNot(['*.example'], 'evilexample', '10.1.1.1')).not.toBeNull();
  });

  it('are not where clouds keep credentials, by whatever name', () => {
    expect(whyNot(['metadata.example'], 'metadata.example', '169.254.169.254')).not.toBeNull();
    expect(whyNot(['169.254.169.254'], 'metadata.example', '169.254.169.254')).toBeNull();
    for (const address of ['169.254.169.254', '169.254.170.2', '100.100.100.200', 'fd00:ec2::254']) {
      const wide = ['0.0.0.0/0', '::/0', 'public', 'metadata.example', '169.254.169.0/24'];
      expect(whyNot(wide, 'metadata.example', address)).toContain('may not be called');
      expect(whyNot([address], 'metadata.example', address)).toBeNull();
    }
  });
});

describe('calls of a web service', () => {
  let server: Server;
  let port: number;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const asked: string[] = [];
  const never = new AbortController().signal;

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  beforeEach(() => {
    asked.length = 0;
    answer = (_request, response) => response.end('hello');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const caller = (differs: Partial<HttpSettings> = {}) => new HttpCaller({ allow: ['127.0.0.1'], ...differs });
  const request = (differs: Partial<HttpRequest> = {}): HttpRequest => {
    const url = `http://127.0.0.1:${port}/path?secret=1`;
    return { method: 'GET', url, headers: {}, body: null, timeoutMs: 30_000, ...differs };
  };
  async function refused(act: Promise<unknown>): Promise<ActionError> {
    return act.then(
      () => Promise.reject(new Error('was not refused')),
      (error: ActionError) => error,
    );
  }
  /** Like a resolver whose answer is an attacker's. */
  const resolvingTo = (...addresses: string[]) =>
    ((_host: string, _options: object, done: (error: null, found: object[]) => void) => {
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    }) as unknown as HttpSettings['lookup'];

  it('send what they are told and give the answer, whatever its status', async () => {
    let body = '';
    answer = (incoming, response) => {
      incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
      incoming.on('end', () => response.writeHead(418, { 'X-Kind': 'pot' }).end(`{"id":"ü"}`));
    };
    const found = await caller().call(request({ method: 'POST', headers: { 'x-a': 'b' }, body: '{"n":4}' }), never);
    expect(found).toMatchObject({ status: 418, text: '{"id":"ü"}', headers: { 'x-kind': 'pot' } });
    expect([asked, body]).toEqual([['POST /path?secret=1'], '{"n":4}']);
  });

  it.each([
    () => `http://127.0.0.1:${port}/`,
    () => `http://localhost:${port}/`,
    () => `http://2130706433:${port}/`,
    () => `http://0x7f.1:${port}/`,
    () => `http://[::ffff:127.0.0.1]:${port}/`,
    () => `http://0.0.0.0:${port}/`,
  ])('reach nothing that is not allowed, however it is written (%#)', async (url) => {
    const error = await refused(caller({ allow: ['public'] }).call(request({ url: url() }), never));
    expect([error.message, error.retryable]).toEqual([expect.stringContaining('may not be called'), false]);
    expect(asked).toEqual([]);
  });

  it('connect to the very address that was judged', async () => {
    const url = `http://rebound.example:${port}/`;
    const rebound = caller({ allow: ['public'], lookup: resolvingTo('127.0.0.1') });
    expect((await refused(rebound.call(request({ url }), never))).message).toContain('may not be called');
    expect(asked).toEqual([]);
    const listed = caller({ allow: ['rebound.example'], lookup: resolvingTo('127.0.0.1') });
    expect(await listed.call(request({ url }), never)).toMatchObject({ status: 200 });
    const both = caller({ allow: ['127.0.0.1'], lookup: resolvingTo('10.255.255.1', '127.0.0.1') });
    expect(await both.call(request({ url }), never)).toMatchObject({ status: 200 });
  });

  it('do not follow a redirect', async () => {
    answer = (_request, response) => response.writeHead(302, { location: `http://127.0.0.1:${port}/secret` }).end();
    expect(await caller().call(request(), never)).toMatchObject({ status: 302 });
    expect(asked).toEqual(['GET /path?secret=1']);
  });

  it('give up an answer that is too long, or does not come in time', async () => {
    answer = (_request, response) => {
      response.write('x'.repeat(2_000));
      response.write('x'.repeat(2_000));
    };
    const long = await refused(caller({ mostBytes: 3_000 }).call(request(), never));
    expect([long.message, long.retryable]).toEqual([expect.stringContaining('longer than 3000 bytes'), true]);
    answer = () => undefined;
    const slow = await refused(caller().call(request({ timeoutMs: 50 }), never));
    expect([slow.message, slow.retryable]).toEqual([expect.stringContaining('no answer within 0.05 s'), true]);
    // The body stands still, not the head.
    answer = (_request, response) => void response.write('x');
    expect((await refused(caller().call(request({ timeoutMs: 300 }), never))).message).toContain('no answer within');
  });

  it('end with their signal, and tell no query', async () => {
    const stop = new AbortController();
    answer = () => stop.abort('aborting');
    expect(await refused(caller().call(request(), stop.signal))).toBe('aborting');
    const closed = await refused(caller().call(request({ url: 'http://127.0.0.1:1/x?token=abc' }), never));
    expect([closed.message, closed.retryable]).toEqual([expect.stringContaining('http://127.0.0.1:1/x'), true]);
    expect(closed.message).not.toContain('abc');
  });

  it.each<Partial<HttpRequest>>([
    { url: 'ftp://127.0.0.1/' },
    { url: 'file:///etc/passwd' },
    { url: 'nonsense' },
    { url: 'http://user:pass@127.0.0.1/' },
    { headers: { 'x-a': 'b\r\nHost: evil' } },
    { headers: { 'bad name': 'b' } },
    { headers: { Host: 'evil' } },
    { headers: { 'Transfer-Encoding': 'chunked' } },
    { method: 'GE T' },
  ])('are refused for good where nothing can be sent: %j', async (differs) => {
    const error = await refused(caller().call(request(differs), never));
    expect(error.retryable).toBe(false);
    expect(error.message).not.toMatch(/pass|evil/);
    expect(asked).toEqual([]);
  });
});
