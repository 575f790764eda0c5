import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { runCli } from './program.js';
import type { CliStreams } from './session.js';

/** A server that says what it is told to: what the command makes of answers that a real one seldom gives. */
describe('the command', () => {
  let server: Server;
  let asked: string[];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  beforeEach(async () => {
    asked = [];
    answer = (_request, response) => response.writeHead(404).end('{}');
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  async function slipway(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const streams: CliStreams = { out, err, in: process.stdin };
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const all = [...args, '--url', url, '--token', 'secret'];
    const code = await runCli(all, '1.0.0', streams, new AbortController().signal);
    const said = (stream: PassThrough) => ((stream.read() as Buffer | null) ?? '').toString();
    return { code, out: said(out), err: said(err) };
  }

  it.each([
    ['--junit', 'report.xml'],
    ['--timeout', '2h'],
    ['--patience', '10m'],
  ])('trigger takes %s only with --wait, and starts nothing without', async (...option) => {
    const end = await slipway('trigger', 'nightly', ...option);
    expect(end).toEqual({ code: 2, out: '', err: 'slipway: --junit, --timeout and --patience need --wait\n' });
    expect(asked).toEqual([]);
  });

  describe('logs', () => {
    const line = (text: string) => ({ at: '2027-01-01T00:00:00.000Z', level: 'info', text });
    const page = (text: string, next_cursor: string | null) => JSON.stringify({ items: [line(text)], next_cursor });

    it('--follow goes on where it was, however often a server that restarts has no answer', async () => {
      const replies = [
        (response: ServerResponse) => response.end(page('one', 'c1')),
        (response: ServerResponse) => response.destroy(),
        (response: ServerResponse) => response.end(JSON.stringify({ status: 'please log in' })),
        (response: ServerResponse) => response.end(page('two', null)),
      ];
      answer = (_request, response) => replies.shift()!(response);
      const end = await slipway('logs', '7', '-f');
      expect(end).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^\S+ info {4}one\n\S+ info {4}two\n$/) as string,
      });
      expect(end.err).toMatch(/asking again\nthe server is back\n$/);
      expect(asked[0]).not.toContain('cursor');
      expect(asked.slice(1).map((each) => new URL(each.split(' ')[1]!, 'http://x').searchParams.get('cursor'))).toEqual(
        Array.from({ length: 3 }, () => 'c1'),
      );
    }, 30_000);

    it('--follow ends with 6 when --patience is over', async () => {
      answer = (_request, response) => response.writeHead(503).end('starting');
      expect(await slipway('logs', '7', '-f', '--patience', '0')).toMatchObject({ code: 6, out: '' });
      expect(asked).toHaveLength(1);
    });

    it('takes --patience only with --follow', async () => {
      const end = await slipway('logs', '7', '--patience', '1s');
      expect(end).toEqual({ code: 2, out: '', err: 'slipway: --patience needs --follow\n' });
      expect(asked).toEqual([]);
    });
  });

  it.each(['xyz', '', `7:${'F'.repeat(64)}`, 'f'.repeat(64)])(
    'audit verify takes "%s" for no head, and does not end as for a broken chain',
    async (head) => {
      const end = await slipway('audit', 'verify', '--head', head);
      expect(end).toMatchObject({ code: 2, out: '', err: expect.stringContaining('It is seq:hash') as string });
      expect(asked).toEqual([]);
    },
  );

  describe('says of a refusal', () => {
    const refused = (body: object) => {
      answer = (_request, response) => response.writeHead(400).end(JSON.stringify(body));
    };

    it('the sentence of the upgrade API', async () => {
      refused({ error: 'Invalid CSV', message: 'The first row must name the columns.' });
      const end = await slipway('devices', 'import', import.meta.filename);
      expect(end).toEqual({ code: 1, out: '', err: 'slipway: Invalid CSV: The first row must name the columns.\n' });
    });

    it('each field once', async () => {
      const errors = [
        { parameter: 'limit', detail: 'must be 500 at most' },
        { pointer: '/colour', detail: 'is not a field of this request' },
      ];
      refused({ detail: 'The request is not valid: limit: must be 500 at most (and 1 more)', errors });
      expect((await slipway('plans')).err).toBe(
        'slipway: The request is not valid: limit: must be 500 at most (and 1 more)\n  /colour: is not a field of this request\n',
      );
    });
  });
});
