import { once } from 'node:events';
import { connect } from 'node:net';
import { ReadinessChecks } from '../../../src/operations/readiness-checks.js';
import { WorkerService } from '../../../src/orchestration/worker.service.js';
import { startTestApp, type TestApp } from '../../support/app.js';
import { cloneDatabase, type TestDatabase } from '../../support/database.js';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.js';
import { ProbeModule } from './probe.js';

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp({ modules: [ProbeModule], config: { trustedProxies: ['127.0.0.1'] } });
});
afterAll(() => running.close());

describe('health', () => {
  it('is live and ready, with either slash and for anyone', async () => {
    for (const url of ['/health/live', '/health/live/']) {
      const answer = await running.inject(url);
      expect([answer.statusCode, answer.json()]).toEqual([200, { status: 'ok' }]);
    }
    const ready = await running.inject('/health/ready');
    expect(ready.json()).toMatchObject({
      status: 'ok',
      details: { database: { status: 'up' }, queue: { status: 'up' } },
    });
  });

  it('is not ready while something a module registered says so, and tells which', async () => {
    const checks = running.app.get(ReadinessChecks);
    let fault: Error | undefined = new Error('the runner stands still');
    checks.register('runner', async () => {
      if (fault) throw fault;
      return { slots: 3 };
    });
    const down = await running.inject('/health/ready');
    expect(down.statusCode).toBe(503);
    expect(down.json()).toMatchObject({
      status: 'error',
      details: { database: { status: 'up' }, runner: { status: 'down', message: 'the runner stands still' } },
    });
    fault = undefined;
    const up = await running.inject('/health/ready');
    expect([up.statusCode, up.json()]).toMatchObject([200, { details: { runner: { status: 'up', slots: 3 } } }]);
  });

  it('gives a check two seconds', async () => {
    const checks = running.app.get(ReadinessChecks);
    checks.register('slow', () => new Promise(() => undefined));
    const answer = await running.inject('/health/ready');
    checks.register('slow', () => Promise.resolve());
    expect(answer.json()).toMatchObject({ details: { slow: { message: 'no answer within 2 s' } } });
  });
});

describe('metrics', () => {
  it('measure requests by route template, method and status', async () => {
    await running.inject('/probe/items/7');
    await running.inject('/probe/items/8');
    await running.inject('/probe/nothing');
    const answer = await running.inject('/metrics');
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=/);
    const count = 'slipway_http_request_duration_seconds_count';
    expect(answer.body).toContain(`${count}{method="GET",route="/probe/items/:id",status="200"} 2\n`);
    expect(answer.body).toContain(`${count}{method="GET",route="unmatched",status="404"} 1\n`);
    expect(answer.body).toContain('process_cpu_seconds_total');
    expect(answer.body).not.toContain('/items/7');
  });
});

describe('pages', () => {
  it.each(['/', '/ui', '/ui/'])('%s leads on and loads nothing from elsewhere', async (url) => {
    const answer = await running.inject(url);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const links = [...answer.body.matchAll(/(?:href|src)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(links).toEqual(['/docs', '/openapi.json', '/health/ready', '/metrics']);
    for (const link of links) expect((await running.inject(link)).statusCode).toBe(200);
  });

  it('document the API', async () => {
    const page = await running.inject('/docs/');
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html']);
    expect((await running.inject('/docs/swagger-ui-bundle.js')).statusCode).toBe(200);
    const document = (await running.inject('/openapi.json')).json<{
      openapi: string;
      paths: Record<string, unknown>;
    }>();
    expect(document.openapi).toMatch(/^3\./);
    expect(document.paths).toHaveProperty('/probe/items/{id}');
    expect(document.paths).not.toHaveProperty('/metrics');
  });
});

describe('a client behind a trusted proxy', () => {
  it('is known by what the proxy forwards', async () => {
    const answer = await running.inject({
      url: '/probe/address',
      headers: { 'x-forwarded-for': '203.0.113.5, 198.51.100.9' },
    });
    expect(answer.json()).toEqual({ address: '198.51.100.9', ip: '198.51.100.9' });
    const mapped = await running.inject({
      url: '/probe/address',
      headers: { 'x-forwarded-for': '::ffff:198.51.100.9' },
    });
    expect(mapped.json()).toMatchObject({ address: '198.51.100.9' });
  });
});

describe('a server that closes', () => {
  it('does not wait for a connection that never sent anything', async () => {
    const app = await startTestApp();
    const { port } = new URL(app.url);
    const silent = connect(Number(port), '127.0.0.1').on('error', () => undefined);
    await once(silent, 'connect');
    // Accepted after the one before it, so that one is the server's by now.
    expect((await app.inject('/health/live')).statusCode).toBe(200);
    const ended = once(silent, 'close');
    await app.close();
    await ended;
  }, 20_000);
});

describe('a database that goes away', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let app: TestApp;
  beforeAll(async () => {
    database = await cloneDatabase();
    const address = new URL(database.url);
    proxy = await startTcpProxy(Number(address.port));
    address.hostname = '127.0.0.1';
    address.port = String(proxy.port);
    app = await startTestApp({ database, modules: [ProbeModule], config: { databaseUrl: address.href } });
  });
  afterAll(async () => {
    await app.close();
    await proxy.stop();
    await database.drop();
  });

  it('is told from a fault of ours, and needs no restart when it is back', async () => {
    expect((await app.inject('/probe/throws/database')).statusCode).toBe(200);
    await proxy.stop();
    const away = await app.inject('/probe/throws/database');
    expect([away.statusCode, away.headers['retry-after'], away.headers['x-dialect']]).toEqual([503, '2', 'probe']);
    const ready = await app.inject('/health/ready');
    expect(ready.statusCode).toBe(503);
    expect(ready.json()).toMatchObject({
      details: { database: { status: 'down', message: 'the database cannot be reached' } },
    });
    expect(ready.body).not.toMatch(/ECONN|127\.0\.0\.1|postgres/);
    expect((await app.inject('/health/live')).statusCode).toBe(200);
    await proxy.start();
    expect((await app.inject('/probe/throws/database')).statusCode).toBe(200);
    expect((await app.inject('/health/ready')).statusCode).toBe(200);
  });

  it('is asked again when its server ended the connections', async () => {
    await app.inject('/probe/throws/database');
    await database.dataSource.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    const answers = await Promise.all([1, 2, 3].map(() => app.inject('/probe/throws/database')));
    for (const { statusCode } of answers) expect([200, 503]).toContain(statusCode);
    expect((await app.inject('/probe/throws/database')).statusCode).toBe(200);
  });
});

describe('a worker', () => {
  let worker: TestApp;
  beforeAll(async () => {
    worker = await startTestApp({ config: { role: 'worker' } });
  });
  afterAll(() => worker.close());

  it('is ready while it takes work, and shows the fleet what there is to do', async () => {
    await worker.app.get(ReadinessChecks).settle(10_000);
    const ready = await worker.inject('/health/ready');
    expect([ready.statusCode, ready.json()]).toMatchObject([200, { details: { worker: { status: 'up' } } }]);
    const { body } = await worker.inject('/metrics');
    for (const state of ['pending', 'queued', 'running', 'waiting'])
      expect(body).toContain(`slipway_jobs{state="${state}"} 0\n`);
    expect(body).toContain('slipway_workers{state="alive"} 1\n');
    expect(body).toContain('# TYPE slipway_queue_depth gauge\n');
    expect(body).toContain('# TYPE slipway_step_duration_seconds histogram\n');
    expect(body).toContain('# TYPE slipway_jobs_ended_total counter\n');
  });

  it('is no longer ready once it has stopped taking work', async () => {
    await worker.app.get(WorkerService, { strict: false }).beforeApplicationShutdown();
    const answer = await worker.inject('/health/ready');
    expect([answer.statusCode, answer.json()]).toMatchObject([
      503,
      { details: { worker: { status: 'down', message: 'this process takes no work' } } },
    ]);
  });
});
