import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpStep } from '../../src/environments/steps/http-step.js';
import type { StepWork } from '../../src/environments/steps/step-work.js';
import type { Json } from '../../src/environments/templates/template.js';
import { StepBench } from './step-bench.js';

interface Asked {
  readonly line: string;
  readonly type: string | undefined;
  readonly body: string;
}

describe('an http step', () => {
  let server: Server;
  let port: number;
  let answers: { status?: number; body?: string }[];
  let asked: Asked[];

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        asked.push({ line: `${request.method} ${request.url}`, type: request.headers['content-type'], body });
        const answer = answers.length > 1 ? answers.shift() : answers[0];
        if (answer?.status === 0) return request.socket.destroy();
        response.writeHead(answer?.status ?? 200).end(answer?.body ?? '');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  beforeEach(() => {
    asked = [];
    answers = [{}];
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const step = (
    settings: Record<string, Json>,
    more: { work?: Partial<StepWork>; timeoutSec?: number; export?: Record<string, string>; allow?: string[] } = {},
  ) => {
    const { work, allow, ...definition } = more;
    const url = `http://127.0.0.1:${port}/nodes`;
    const options = { folder: '/nowhere', httpAllow: allow ?? ['127.0.0.1'], work };
    return new StepBench(httpStep, { ...definition, settings: { url, ...settings } }, options);
  };

  it('sends JSON, expects a status and exports of the answer', async () => {
    answers = [{ status: 201, body: '{"id":"n-7","list":[1,2]}' }];
    const bench = step(
      { method: 'POST', json: { n: 4 }, expectStatus: [200, 201] },
      { export: { nodeId: 'body.id', second: 'body.list[1]', status: 'status' } },
    );
    expect(await bench.run()).toEqual({
      outcome: 'success',
      result: { exports: { nodeId: 'n-7', second: 2, status: 201 } },
    });
    expect(asked).toEqual([{ line: 'POST /nodes', type: 'application/json', body: '{"n":4}' }]);
    expect(bench.logged).toEqual(['201 Created', '{"id":"n-7","list":[1,2]}']);
    expect([...bench.actions.values()]).toEqual([
      { name: 'HTTP request', description: `POST http://127.0.0.1:${port}/nodes`, status: 'Successful' },
    ]);
  });

  it('fails with another status; a redirect is one', async () => {
    answers = [{ status: 302 }];
    await expect(step({}).run()).rejects.toMatchObject({
      message: 'FAILURE: The answer was 302, expected 2xx',
      retryable: true,
    });
    const bench = step({ expectStatus: 200 });
    await expect(bench.run()).rejects.toThrow(/expected 200/);
    expect(bench.statuses).toEqual(['Failed']);
    expect(asked).toHaveLength(2);
  });

  it('asks until the condition is true, whatever the answers before', async () => {
    answers = [
      { status: 0 },
      { status: 503 },
      { body: '{"state":"building"}' },
      { body: '{}' },
      { body: '{"state":"up"}' },
    ];
    const bench = step({ until: 'body.state == "up"', pollSec: 1 }, { export: { state: 'body.state' } });
    expect(await bench.run()).toMatchObject({ result: { exports: { state: 'up' } } });
    expect(asked).toHaveLength(5);
    expect(bench.statuses).toEqual(['Successful']);
    expect(await step({ until: 'body.state == "never"' }).once()).toMatchObject({ outcome: 'again', afterMs: 5_000 });
  });

  it('gives up when its time is over', async () => {
    answers = [{ body: '{"state":"building"}' }];
    const bench = step({ until: 'body.state == "up"' }, { timeoutSec: 30 });
    expect(await bench.once()).toMatchObject({ outcome: 'again' });
    bench.ahead = 31_000;
    await expect(bench.once()).rejects.toMatchObject({ message: expect.stringMatching(/given up after 30 s/) });
    expect(bench.statuses).toEqual(['Failed']);
  });

  it('calls nothing that is not allowed, and says so once for all', async () => {
    const bench = step({}, { allow: ['public'] });
    await expect(bench.run()).rejects.toMatchObject({
      message: expect.stringContaining('127.0.0.1 may not be called'),
      retryable: false,
    });
    expect([asked, bench.statuses]).toEqual([[], ['Failed']]);
  });

  it('does not send twice after a crash what must not be sent twice', async () => {
    const bench = step({ method: 'POST', json: {} });
    let isSent = false;
    bench.beforeRemember = (state) => {
      const attempt = state['try'] as { isSent: boolean } | null;
      if (isSent) throw new Error('killed');
      isSent = attempt?.isSent === true;
    };
    await expect(bench.run()).rejects.toThrow('killed');
    bench.beforeRemember = () => undefined;
    await expect(bench.run()).rejects.toMatchObject({
      message: expect.stringMatching(/answer was lost/),
      retryable: true,
    });
    expect(asked).toHaveLength(1);
    // Another try is what retryCount asks for.
    expect(await bench.run()).toMatchObject({ outcome: 'success' });
    expect([asked.length, bench.statuses]).toEqual([2, ['Failed', 'Successful']]);
  });

  it('shows no secret', async () => {
    answers = [{ status: 500, body: 'you said sesame-7' }];
    const url = `http://127.0.0.1:${port}/nodes?key=sesame-7`;
    const bench = step({ url, headers: { authorization: 'sesame-7' } }, { work: { secrets: ['sesame-7'] } });
    await expect(bench.run()).rejects.toThrow(/answer was 500/);
    expect(asked[0]!.line).toContain('sesame-7');
    expect(JSON.stringify([bench.logged, [...bench.actions.values()]])).not.toContain('sesame');
    expect(bench.logged).toContain('you said ********');
  });

  it('shows no secret in the spelling of a URL, a form or JSON either', async () => {
    const secret = 'p@ss w/ö"x\\y&z<q>';
    const form = new URLSearchParams({ key: secret }).toString();
    answers = [{ status: 0 }, { status: 500, body: JSON.stringify({ path: secret }) }, { status: 500, body: form }];
    for (const url of [`${secret}/end`, `nodes?key=${secret}`, `nodes?${form}`]) {
      const bench = step({ url: `http://127.0.0.1:${port}/${url}` }, { work: { secrets: [secret] } });
      await expect(bench.run()).rejects.not.toThrow(/p@ss|p%40ss/);
      expect(JSON.stringify([bench.logged, [...bench.actions.values()]])).not.toMatch(/p@ss|p%40ss/);
      expect(bench.logged.join()).toContain('********');
    }
  });

  it('fails where what it exports is not in the answer', async () => {
    answers = [{ body: 'plain text' }];
    await expect(step({}, { export: { id: 'body.id' } }).run()).rejects.toThrow(/export id/);
    expect(await step({}, { export: { text: 'body' } }).run()).toMatchObject({
      result: { exports: { text: 'plain text' } },
    });
  });
});
