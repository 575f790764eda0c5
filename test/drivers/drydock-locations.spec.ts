import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActionError } from '../../src/common/errors.js';
import { Config } from '../../src/config/config.js';
import { parseSettings } from '../../src/config/settings.js';
import { DesignResolver, LARGEST_LOCATION } from '../../src/drydock/locations/design-resolver.js';
import { HttpCaller } from '../../src/drivers/http-call/http-caller.js';
import { readLocation } from '../../src/drydock/locations/location.js';
import { type ServiceTokens, WebLocations } from '../../src/drydock/locations/web-locations.js';
import type { ExternalKeystoneService } from '../../src/keystone/external/external-keystone.service.js';

const never = new AbortController().signal;

function resolver(environment: Record<string, string>, tokens?: ServiceTokens): DesignResolver {
  const none: ServiceTokens = { serviceKey: () => Promise.resolve(null), forgetServiceKey: () => undefined };
  return new DesignResolver(new Config(parseSettings(environment)), (tokens ?? none) as ExternalKeystoneService);
}

async function failure(act: Promise<Buffer>): Promise<ActionError> {
  return act.then(
    (bytes) => Promise.reject(new Error(`it was read: ${bytes.length} bytes`)),
    (error: ActionError) => error,
  );
}

describe('files as locations', () => {
  let folder: string;
  let root: string;
  let files: DesignResolver;
  const fetch = (path: string) => files.fetch(`file://${path}`, { signal: never });

  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-roots-')));
    root = join(folder, 'root');
    mkdirSync(join(root, 'sub'), { recursive: true });
    mkdirSync(join(folder, 'root-not'));
    writeFileSync(join(root, 'design.yaml'), 'a: 1\n');
    writeFileSync(join(root, 'sub', 'with blank'), Buffer.of(0, 255, 10));
    writeFileSync(join(folder, 'secret'), 'secret\n');
    writeFileSync(join(folder, 'root-not', 'secret'), 'secret\n');
    symlinkSync(join(folder, 'secret'), join(root, 'link'));
    symlinkSync('/etc', join(root, 'etc'));
    symlinkSync(join(root, 'design.yaml'), join(root, 'inner'));
    execFileSync('mkfifo', [join(root, 'pipe')]);
    writeFileSync(join(root, 'large'), '');
    truncateSync(join(root, 'large'), LARGEST_LOCATION + 1);
    files = resolver({ DRYDOCK_DESIGN_ROOTS: `${join(folder, 'nowhere')},${root}` });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('are read below the roots, as they are', async () => {
    expect((await fetch(join(root, 'design.yaml'))).toString()).toBe('a: 1\n');
    expect([...(await fetch(`${root}/sub/with%20blank`))]).toEqual([0, 255, 10]);
    expect([...(await fetch(`${root}/sub/with blank`))]).toEqual([0, 255, 10]);
    expect((await fetch(`${root}/sub/../inner`)).toString()).toBe('a: 1\n');
  });

  it.each([
    ['beside the root', () => join(folder, 'secret')],
    ['through dots', () => `${root}/../secret`],
    ['through escaped dots', () => `${root}/%2e%2e/secret`],
    ['through an escaped slash', () => `${root}/..%2fsecret`],
    ['through a link', () => join(root, 'link')],
    ['through a linked folder', () => join(root, 'etc', 'passwd')],
    ['in a folder whose name begins like it', () => join(folder, 'root-not', 'secret')],
    ['that is not there', () => join(root, 'none')],
    ['that is a folder', () => join(root, 'sub')],
    ['that is the root', () => root],
    ['that is a pipe', () => join(root, 'pipe')],
    ['of another host', () => `otherhost${root}/design.yaml`],
    ['with a NUL', () => `${root}/design.yaml%00`],
    ['of the system', () => '/etc/passwd'],
  ])('are not read %s, and the answer is always the same', async (_what, path) => {
    const { code, message } = await failure(fetch(path()));
    expect([code, message]).toEqual(['location_refused', 'the file is not there, or not below DRYDOCK_DESIGN_ROOTS']);
  });

  it('are not read when they are too long, or no root is configured', async () => {
    expect((await failure(fetch(join(root, 'large')))).code).toBe('location_too_large');
    const none = resolver({});
    expect((await failure(none.fetch(`file://${root}/design.yaml`, { signal: never }))).code).toBe('location_refused');
  });
});

describe('the web as a location', () => {
  let server: Server;
  let other: Server;
  let origin: string;
  let otherOrigin: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let asked: { readonly url: string; readonly authorization: string; readonly token: string }[] = [];
  const web = resolver({ DRYDOCK_LOCATION_ALLOW: '127.0.0.1' });
  const fetch = (ref: string, from = web) => from.fetch(ref, { signal: never });

  beforeAll(async () => {
    const listen = async (): Promise<[Server, string]> => {
      const made = createServer((request, response) => {
        const { authorization = '' } = request.headers;
        const token = String(request.headers['x-auth-token'] ?? '');
        asked.push({ url: `http://${request.headers.host}${request.url}`, authorization, token });
        answer(request, response);
      });
      await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
      return [made, `http://127.0.0.1:${(made.address() as AddressInfo).port}`];
    };
    [server, origin] = await listen();
    [other, otherOrigin] = await listen();
  });
  beforeEach(() => {
    asked = [];
    answer = (_request, response) => response.end('hello');
  });
  afterAll(() => {
    for (const each of [server, other]) {
      each.closeAllConnections();
      each.close();
    }
  });

  it('gives the bytes of a success, with a login in the headers', async () => {
    answer = (_request, response) => response.end(Buffer.of(0, 255, 128));
    expect([...(await fetch(`${origin.replace('//', '//me:s%3Acret@')}/a?b=c`))]).toEqual([0, 255, 128]);
    const authorization = `Basic ${Buffer.from('me:s:cret').toString('base64')}`;
    expect(asked).toEqual([{ url: `${origin}/a?b=c`, authorization, token: '' }]);
  });

  it('gives nothing but an error for an error page', async () => {
    answer = (_request, response) => response.writeHead(404).end('<h1>Not here</h1>');
    const { code, message } = await failure(fetch(`${origin.replace('//', '//me:secret@')}/secret?key=secret`));
    expect([code, message]).toEqual(['location_failed', `${origin} answered 404`]);
  });

  it('follows where it is led, and takes the login to no other place', async () => {
    answer = ({ url }, response) => {
      if (url === '/1') response.writeHead(302, { Location: '/2' }).end();
      else if (url === '/2') response.writeHead(308, { Location: `${otherOrigin}/3` }).end();
      else response.end('there');
    };
    expect((await fetch(`${origin.replace('//', '//me:secret@')}/1`)).toString()).toBe('there');
    expect(asked.map(({ url, authorization }) => [url, authorization !== ''])).toEqual([
      [`${origin}/1`, true],
      [`${origin}/2`, true],
      [`${otherOrigin}/3`, false],
    ]);
  });

  it.each([
    ['round and round', '/1', 'without end'],
    ['to nowhere', '', 'leads to nowhere'],
    ['to a file', 'file:///etc/passwd', 'no http'],
    ['to the address where clouds keep credentials', 'http://169.254.169.254/latest', 'may not be called'],
    ['to a place that is not allowed', 'http://127.0.0.2/', 'may not be called'],
  ])('is not followed %s', async (_what, location, complaint) => {
    answer = (_request, response) => response.writeHead(302, { Location: location }).end();
    const { message } = await failure(fetch(`${origin}/1`));
    expect(message).toContain(complaint);
    expect(asked.length).toBeLessThanOrEqual(6);
  });

  it.each([
    ['', 'http://127.0.0.1:1/'],
    ['127.0.0.2', 'http://127.0.0.1:1/'],
    ['0.0.0.0/0', 'http://169.254.169.254/latest/meta-data/'],
    ['169.254.0.0/16', 'http://169.254.169.254/'],
    ['::/0', 'http://[fd00:ec2::254]/'],
    ['public', 'http://[::ffff:169.254.169.254]/'],
  ])('with %j allowed is not asked at %s', async (allow, ref) => {
    const { code, message } = await failure(fetch(ref, resolver({ DRYDOCK_LOCATION_ALLOW: allow })));
    expect(code).toBe('location_refused');
    expect(message).toContain('may not be called: it is not in DRYDOCK_LOCATION_ALLOW');
  });

  it('fails at once where nobody listens or the scheme is unknown', async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const { code, message } = await failure(fetch(`http://me:secret@127.0.0.1:${port}/path-secret`));
    expect([code, message]).toEqual(['location_failed', expect.stringMatching(`^http://127.0.0.1:${port}: `)]);
    expect(message).not.toContain('secret');
    expect((await failure(fetch('ftp://me:secret@127.0.0.1/a'))).code).toBe('location_refused');
  });

  it('is not read when it is too long', async () => {
    answer = (_request, response) => {
      response.write(Buffer.alloc(LARGEST_LOCATION));
      response.end('x');
    };
    expect((await failure(fetch(`${origin}/`))).code).toBe('location_too_large');
  });

  it('is waited for so long and no longer, redirections and all', async () => {
    answer = ({ url }, response) => {
      if (url === '/0') setTimeout(() => response.writeHead(302, { Location: '/1' }).end(), 50);
    };
    const none: ServiceTokens = { serviceKey: () => Promise.resolve(null), forgetServiceKey: () => undefined };
    const hasty = new WebLocations(new HttpCaller({ allow: ['127.0.0.1'] }), none, 500);
    const location = readLocation(`${origin}/0`);
    if (typeof location === 'string') throw new Error(location);
    const { code, message } = await failure(hasty.read(location, never));
    expect([code, message]).toEqual([
      'location_failed',
      expect.stringMatching(/no answer (?:in time|within 0\.\d+ s)/),
    ]);
    expect(asked.map(({ url }) => url)).toContain(`${origin}/0`);
  });

  it('is let go with whoever asked', async () => {
    const gone = new AbortController();
    answer = () => gone.abort(new Error('gone'));
    await expect(web.fetch(`${origin}/`, { signal: gone.signal })).rejects.toThrow('gone');
  });

  describe('of a service of the site', () => {
    const tokens = (...keys: string[]) => {
      const forgotten: string[] = [];
      const source: ServiceTokens = {
        serviceKey: () => Promise.resolve(keys[forgotten.length] ?? null),
        forgetServiceKey: (key) => forgotten.push(key),
      };
      return { forgotten, from: resolver({ DRYDOCK_LOCATION_ALLOW: '127.0.0.1' }, source) };
    };

    it('takes our token, and nobody else does', async () => {
      const { from } = tokens('t1');
      for (const prefix of ['deckhand+', 'promenade+', '']) await fetch(`${prefix}${origin}/${prefix}`, from);
      expect(asked.map(({ token }) => token)).toEqual(['t1', 't1', '']);
    });

    it('takes a new one once, when the old one is refused', async () => {
      const { from, forgotten } = tokens('old', 'new');
      answer = (request, response) =>
        response.writeHead(request.headers['x-auth-token'] === 'new' ? 200 : 401).end('x');
      expect((await fetch(`deckhand+${origin}/`, from)).toString()).toBe('x');
      expect([asked.map(({ token }) => token), forgotten]).toEqual([['old', 'new'], ['old']]);
      const { from: always } = tokens('old', 'older', 'oldest');
      expect((await failure(fetch(`deckhand+${origin}/`, always))).message).toBe(`${origin} answered 401`);
    });

    it('does not lead our token elsewhere', async () => {
      const { from } = tokens('t1');
      answer = ({ url }, response) =>
        url === '/1' ? response.writeHead(302, { Location: `${otherOrigin}/2` }).end() : response.end();
      await fetch(`deckhand+${origin}/1`, from);
      expect(asked.map(({ token }) => token)).toEqual(['t1', '']);
    });

    it('fails without a word of why Keystone gave none', async () => {
      const source: ServiceTokens = {
        serviceKey: () => Promise.reject(new Error('password hunter2 refused')),
        forgetServiceKey: () => undefined,
      };
      const from = resolver({ DRYDOCK_LOCATION_ALLOW: '127.0.0.1' }, source);
      const { message } = await failure(fetch(`deckhand+${origin}/`, from));
      expect(message).toBe('the external Keystone gave us no token for it');
    });
  });
});
