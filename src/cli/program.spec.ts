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
});
