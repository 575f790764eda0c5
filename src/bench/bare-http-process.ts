/** The least a server can be that answers a batch's status: `node:http`, `pg`, one statement, the same bytes. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { answerParent } from './child-answers.js';
import type { Statement } from './slipway-process.js';

export interface BareHttpSettings {
  readonly databaseUrl: string;
  readonly pool: number;
  readonly statement: Statement;
  /** What the real server answered. The rows are read and parsed each time, then this is written out as JSON. */
  readonly body: string;
}

let server: Server | undefined;
let pool: pg.Pool | undefined;

answerParent({
  async start({ databaseUrl, pool: max, statement, body }: BareHttpSettings) {
    pool = new pg.Pool({ connectionString: databaseUrl, max });
    const value: unknown = JSON.parse(body);
    const answer = async (): Promise<string> => {
      await pool?.query(statement.text, [...statement.parameters]);
      return JSON.stringify(value);
    };
    server = createServer((_request, response) => {
      answer().then(
        (text) => response.setHeader('content-type', 'application/json; charset=utf-8').end(text),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  },
  async url() {
    return `http://127.0.0.1:${(server?.address() as AddressInfo).port}`;
  },
  async stop() {
    server?.closeAllConnections();
    server?.close();
    await pool?.end();
  },
});
