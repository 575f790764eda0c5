import { Controller, Delete, Get, Module, Param, Post } from '@nestjs/common';
import { Conflict, Invalid, NotFound, TooLarge, Unavailable } from '../../../src/common/errors.js';
import { CurrentPrincipal } from '../../../src/auth/passport/access.decorators.js';
import { type Principal, type Role, SYSTEM_PRINCIPAL } from '../../../src/auth/principal.js';
import { TokensService } from '../../../src/auth/tokens.service.js';
import { UsersService } from '../../../src/auth/users.service.js';
import { BootController } from '../../../src/drydock/wire/boot-controller.decorator.js';
import {
  failedRender,
  finishedBootAction,
  noBootKey,
  unknownBootAction,
  unknownBootNode,
  unusableBootBody,
  wrongBootKey,
} from '../../../src/drydock/wire/boot-errors.js';
import { DrydockBody, type JsonObject } from '../../../src/drydock/wire/drydock-body.js';
import { DrydockController } from '../../../src/drydock/wire/drydock-controller.decorator.js';
import { TakesRule } from '../../../src/drydock/wire/drydock-rules.js';
import { WireModule } from '../../../src/drydock/wire/wire.module.js';
import { ReadinessChecks } from '../../../src/operations/readiness-checks.js';
import { ADMIN_TOKEN, startTestApp, type TestApp } from '../../support/app.js';
import type { TestAnswer } from '../../support/request.js';

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const FAULTS: Readonly<Record<string, () => Error>> = {
  'unknown-node': () => unknownBootNode('n1'),
  'unknown-action': () => unknownBootAction(),
  'no-key': () => noBootKey(),
  'wrong-key': () => wrongBootKey(),
  body: () => unusableBootBody(),
  large: () => new TooLarge('The body is too large.'),
  finished: () => finishedBootAction('01J'),
  render: () => failedRender('Boot action a asset /b failed to render: c'),
  bug: () => new TypeError('a secret inside'),
  conflict: () => new Conflict('The task is over.'),
  empty: () => new NotFound('none', { body: '' }),
  stated: () => new Invalid('no', { body: { kind: 'Status', code: 400 } }),
  unavailable: () => new Unavailable('Later.'),
};

/** Below `/nodes` and `/bootdata` because the shape goes by the path; nothing else of theirs is there. */
@DrydockController('nodes/probe')
class UserSide {
  @Get()
  @TakesRule('read_data')
  who(@CurrentPrincipal() principal: Principal) {
    return { username: principal.username };
  }

  @Post()
  @TakesRule('create_task')
  take(@DrydockBody({ empty: 'Nothing came.' }) body: JsonObject) {
    return { body };
  }

  @Post('look')
  @TakesRule('validate_site_design')
  look() {
    return { looked: true };
  }

  @Delete('all')
  @TakesRule('delete_tasks')
  clean() {
    return { cleaned: true };
  }

  @Delete()
  forgotten() {
    return { opened: true };
  }

  @Get('fault/:name')
  @TakesRule('read_data')
  fail(@Param('name') name: string) {
    throw FAULTS[name]!();
  }
}

@BootController('bootdata/probe', 'bootactions/probe')
class NodeSide {
  @Get(':name')
  fail(@Param('name') name: string) {
    throw FAULTS[name]!();
  }

  @Post(':name')
  post() {
    return { posted: true };
  }
}

@Controller('elsewhere')
class Elsewhere {
  @Get()
  get() {
    return {};
  }
}

@Module({ imports: [WireModule], controllers: [UserSide, NodeSide, Elsewhere] })
class ProbeModule {}

describe("Drydock's wire", () => {
  let test: TestApp;
  let tokens: Record<Role | 'readOnlyAdmin', string>;

  beforeAll(async () => {
    const drydockPolicy = new Map([
      ['health_data', ['reader']],
      ['delete_tasks', ['role:viewer']],
      ['validate_site_design', ['reader']],
    ]);
    test = await startTestApp({ modules: [ProbeModule], config: { drydockPolicy } });
    const tokensOf = test.app.get(TokensService);
    const users = test.app.get(UsersService);
    const tokenOf = async (role: Role, name: string, writeEnabled = true) => {
      const user = await users.create(SYSTEM_PRINCIPAL, { username: name, role, password: `${name} of the wire` });
      return (await tokensOf.create(SYSTEM_PRINCIPAL, user.id, { description: name, writeEnabled })).key;
    };
    tokens = {
      viewer: await tokenOf('viewer', 'vera'),
      operator: await tokenOf('operator', 'otto'),
      admin: ADMIN_TOKEN,
      readOnlyAdmin: await tokenOf('admin', 'rita', false),
    };
  });
  afterAll(() => test.close());
  const ask = (method: string, url: string, headers: Record<string, string> = {}, payload?: unknown) =>
    test.inject({ method, url: `/api/v1.0${url}`, headers, payload });
  const as = (token: string) => ({ 'x-auth-token': token });
  const seen = ({ statusCode, body }: TestAnswer): unknown => [statusCode, body === '' ? '' : JSON.parse(body)];

  describe('versions and health', () => {
    it('name the one version there is, at the root and to anybody', async () => {
      const answer = await test.inject('/versions');
      expect(seen(answer)).toEqual([200, { 'v1.0': { path: '/api/v1.0', status: 'stable' } }]);
      expect(answer.headers['x-drydock-req']).toMatch(UUID4);
      expect((await test.inject('/versions/')).statusCode).toBe(200);
    });

    it('say without a word that all is well, and with a 503 that it is not', async () => {
      expect(seen(await ask('GET', '/health'))).toEqual([204, '']);
      const checks = test.app.get(ReadinessChecks);
      checks.register('probe', () => Promise.reject(new Error('out of order')));
      expect(seen(await ask('GET', '/health/'))).toEqual([503, '']);
      expect(seen(await ask('GET', '/health/extended', as(ADMIN_TOKEN)))).toEqual([
        503,
        {
          ...HEALTHY,
          status: 'Failure',
          message: 'Drydock failed to respond',
          details: {
            errorCount: 1,
            messageList: [{ message: 'probe: out of order', error: true, kind: 'SimpleMessage' }],
          },
          code: 503,
        },
      ]);
      checks.register('probe', () => Promise.resolve());
      expect(seen(await ask('GET', '/health/extended', as(tokens.viewer)))).toEqual([200, HEALTHY]);
    });
  });

  describe('who may come in', () => {
    it('takes a token of ours by any header of ours', async () => {
      const password = Buffer.from(`vera:vera of the wire`).toString('base64');
      for (const headers of [
        as(tokens.viewer),
        { authorization: `Bearer ${tokens.viewer}` },
        { authorization: `Token ${tokens.viewer}` },
        { authorization: `Basic ${password}` },
      ]) {
        expect((await ask('GET', '/health/extended', headers)).statusCode).toBe(200);
      }
    });

    it('is told Unauthenticated without a good token, whatever stands in it', async () => {
      for (const token of ['', ' ', 'nobody', 'x'.repeat(8000), `${ADMIN_TOKEN}0`]) {
        const answer = await ask('GET', '/nodes/probe', as(token));
        expect(seen(answer)).toEqual([401, { type: 'error', message: 'Unauthenticated', retry: false }]);
        expect(answer.headers['www-authenticate']).toBe('Keystone');
      }
    });

    it('is told Forbidden without the role: every rule takes admin unless a setting says otherwise', async () => {
      const forbidden = [403, { type: 'error', message: 'Forbidden', retry: false }];
      for (const token of [tokens.viewer, tokens.operator]) {
        expect(seen(await ask('GET', '/nodes/probe', as(token)))).toEqual(forbidden);
        expect(seen(await ask('POST', '/nodes/probe', as(token), {}))).toEqual(forbidden);
        expect((await ask('GET', '/health/extended', as(token))).statusCode).toBe(200);
      }
      expect(seen(await ask('GET', '/nodes/probe', as(ADMIN_TOKEN)))).toEqual([200, { username: 'admin' }]);
    });

    it('is who the setting says: a viewer may change what a rule gives to viewers', async () => {
      expect((await ask('DELETE', '/nodes/probe/all', as(tokens.viewer))).statusCode).toBe(200);
      expect((await ask('DELETE', '/nodes/probe/all')).statusCode).toBe(401);
    });

    it('gets nowhere on a route that names no rule', async () => {
      expect((await ask('DELETE', '/nodes/probe', as(ADMIN_TOKEN))).statusCode).toBe(403);
    });

    it('may ask but not change with a token that only reads: it gives no more than reading, whatever its owner may', async () => {
      const readOnly = as(tokens.readOnlyAdmin);
      expect((await ask('GET', '/health/extended', readOnly)).statusCode).toBe(200);
      expect((await ask('POST', '/nodes/probe/look', readOnly, {})).statusCode).toBe(201);
      expect((await ask('POST', '/nodes/probe', readOnly, {})).statusCode).toBe(403);
      expect((await ask('DELETE', '/nodes/probe/all', readOnly)).statusCode).toBe(403);
    });

    it('is a service where it shows a service token, good or not', async () => {
      const both = (user: string, service: string) => ({ 'x-auth-token': user, 'x-service-token': service });
      expect((await ask('GET', '/nodes/probe', both(tokens.viewer, ADMIN_TOKEN))).statusCode).toBe(200);
      expect((await ask('GET', '/nodes/probe', both(ADMIN_TOKEN, tokens.viewer))).statusCode).toBe(403);
      expect((await ask('GET', '/nodes/probe', both(ADMIN_TOKEN, 'nobody'))).statusCode).toBe(401);
      expect((await ask('GET', '/nodes/probe', { 'x-service-token': ADMIN_TOKEN })).statusCode).toBe(200);
      expect((await ask('GET', '/nodes/probe', both(ADMIN_TOKEN, ''))).statusCode).toBe(200);
    });

    it('gets nothing by a boot key where a token is asked for, and no token is asked for on the key side', async () => {
      expect((await ask('GET', '/nodes/probe', { 'x-bootaction-key': 'ab'.repeat(32) })).statusCode).toBe(401);
      expect((await ask('POST', '/bootdata/probe/x')).statusCode).toBe(201);
    });
  });

  describe('refusals of the Keystone side', () => {
    it.each([
      ['conflict', 409, { type: 'error', message: 'The task is over.', retry: false }],
      ['unavailable', 503, { type: 'error', message: 'Later.', retry: true }],
      ['empty', 404, ''],
      ['stated', 400, { kind: 'Status', code: 400 }],
      ['bug', 500, { type: 'error', message: 'Unknown error', retry: false }],
    ])('%s', async (name, status, body) => {
      const answer = await ask('GET', `/nodes/probe/fault/${name}`, as(ADMIN_TOKEN));
      expect(seen(answer)).toEqual([status, body]);
      expect(answer.headers['x-drydock-req']).toMatch(UUID4);
    });

    const message = (text: string) => ({ type: 'error', message: text, retry: false });
    const unstorable = (problem: string) => `The request body cannot be stored: ${problem}.`;
    it.each<[string, string | undefined, string, string]>([
      ['no body', undefined, 'application/json', 'Nothing came.'],
      ['null', 'null', 'application/json', 'Nothing came.'],
      ['a list', '[]', 'application/json', 'Request body must be a JSON object.'],
      ['a text', '"x"', 'application/json', 'Request body must be a JSON object.'],
      ['no JSON', '{"a":', 'application/json', 'JSON parse error - Unexpected end of JSON input'],
      ['a form', '{"a":1}', 'application/x-www-form-urlencoded', 'Requires application/json payload'],
      ['another type', '{"a":1}', 'text/plain', 'Requires application/json payload'],
      ['a type that is none', '{"a":1}', 'json', 'Requires application/json payload'],
      ['a NUL', '{"a":["\\u0000"]}', 'application/json', unstorable('a.0 holds the character NUL')],
      [
        'half a character',
        '{"\\ud800":1}',
        'application/json',
        unstorable('the body has a field whose name cannot be stored'),
      ],
      [
        'depth',
        `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
        'application/json',
        unstorable(`a${'.0'.repeat(63)} is nested more than 64 deep`),
      ],
    ])('a body that is %s', async (_what, body, type, text) => {
      const answer = await ask('POST', '/nodes/probe', { ...as(ADMIN_TOKEN), 'content-type': type }, body);
      expect(seen(answer)).toEqual([400, message(text)]);
    });

    it('come after who is asking', async () => {
      const broken = { 'content-type': 'application/json' };
      expect((await ask('POST', '/nodes/probe', broken, '{')).statusCode).toBe(401);
      expect((await ask('POST', '/nodes/probe', { ...broken, ...as(tokens.viewer) }, '{')).statusCode).toBe(403);
    });

    it('do not meet a body with a charset', async () => {
      const headers = { ...as(ADMIN_TOKEN), 'content-type': 'application/json; charset=utf-8' };
      expect(seen(await ask('POST', '/nodes/probe/', headers, '{"a":"é😀"}'))).toEqual([201, { body: { a: 'é😀' } }]);
    });
  });

  describe('refusals of the key side', () => {
    it.each([
      ['unknown-node', 404, { title: '404 Not Found', description: 'Error locating boot action for n1' }],
      ['unknown-action', 404, { title: '404 Not Found' }],
      ['no-key', 401, { title: 'Unauthorized', description: 'No X-Bootaction-Key' }],
      ['wrong-key', 403, { title: 'Unauthorized', description: 'Invalid X-Bootaction-Key' }],
      ['body', 400, { title: '400 Bad Request', description: 'Error processing body.' }],
      ['large', 413, { title: '413 Payload Too Large', description: 'The body is too large.' }],
      [
        'finished',
        409,
        { title: '409 Conflict', description: 'Action 01J status finalized, not available for update.' },
      ],
      [
        'render',
        500,
        { title: '500 Internal Server Error', description: 'Boot action a asset /b failed to render: c' },
      ],
      ['bug', 500, { title: '500 Internal Server Error' }],
    ])('%s, on both families of paths', async (name, status, body) => {
      for (const path of ['/bootdata/probe', '/bootactions/probe']) {
        const answer = await ask('GET', `${path}/${name}`);
        expect(seen(answer)).toEqual([status, body]);
        expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Bootaction-Key' : undefined);
        expect(answer.headers['x-drydock-req']).toMatch(UUID4);
      }
    });
  });

  describe('paths and methods', () => {
    it.each(['/designs', '/designs/x', '/designs/x/parts', '/nothing', '', '/nodes/probe/a/b/c', '/%2e%2e/tasks'])(
      'know nothing of %s, and ask for no token to say so',
      async (path) => {
        expect(seen(await ask('GET', path))).toEqual([404, { title: '404 Not Found' }]);
        expect((await ask('POST', path, {}, {})).statusCode).toBe(404);
      },
    );

    it('are not those of other dialects, nor theirs ours', async () => {
      expect((await test.inject('/api/v1/nodes')).headers['x-drydock-req']).toBeUndefined();
      expect((await test.inject('/api/v1.01/nodes')).headers['x-drydock-req']).toBeUndefined();
      expect((await test.inject('/versionsx')).headers['x-drydock-req']).toBeUndefined();
      expect((await test.inject('/elsewhere')).statusCode).toBe(200);
    });

    it('say which methods they take, in the alphabet’s order and without HEAD', async () => {
      const answer = await ask('PUT', '/nodes/probe', as(ADMIN_TOKEN));
      expect(seen(answer)).toEqual([405, { title: '405 Method Not Allowed' }]);
      expect(answer.headers.allow).toBe('DELETE, GET, OPTIONS, POST');
      expect((await ask('DELETE', '/bootdata/probe/x')).headers.allow).toBe('GET, OPTIONS, POST');
    });

    it('take no HEAD, and answer OPTIONS with a 200', async () => {
      const head = await ask('HEAD', '/nodes/probe', as(ADMIN_TOKEN));
      expect([head.statusCode, head.body, head.headers.allow]).toEqual([405, '', 'DELETE, GET, OPTIONS, POST']);
      const options = await ask('OPTIONS', '/bootdata/probe/x/');
      expect([options.statusCode, options.body, options.headers.allow]).toEqual([200, '', 'GET, OPTIONS, POST']);
      expect(options.headers['x-drydock-req']).toMatch(UUID4);
      expect((await ask('OPTIONS', '/nothing')).statusCode).toBe(404);
      expect((await ask('HEAD', '/nothing')).statusCode).toBe(404);
    });

    it('may be malformed or long: a 4xx in our shape with our header', async () => {
      for (const path of [
        '/%',
        '/nodes/%ff%fe/x',
        `/bootdata/${'x'.repeat(10_000)}/files`,
        '/bootdata/n1%00/nothing',
      ]) {
        const answer = await ask('GET', path);
        expect(answer.statusCode).toBeGreaterThanOrEqual(400);
        expect(answer.statusCode).toBeLessThan(500);
        expect(answer.json()).toMatchObject({ title: expect.stringMatching(/^4\d\d /) });
        expect(answer.headers['x-drydock-req']).toMatch(UUID4);
      }
    });

    it('have a number of their own in every answer', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask('GET', '/nodes/probe')));
      expect(new Set(answers.map(({ headers }) => headers['x-drydock-req'])).size).toBe(20);
    });
  });
});

const HEALTHY = {
  kind: 'Status',
  apiVersion: 'v1.0',
  metadata: {},
  status: 'Success',
  message: '',
  reason: 'HealthCheck',
  details: { errorCount: 0, messageList: [] },
  code: 200,
};
