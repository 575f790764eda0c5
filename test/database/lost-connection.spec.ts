import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/database/data-source.js';

/** A message of PostgreSQL's protocol: its type, the length of the rest, the rest. */
function message(type: string, ...parts: (string | number)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(part);
      const number = Buffer.alloc(4);
      number.writeInt32BE(part);
      return number;
    }),
  );
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}

const GREETING = [message('R', 0), message('Z', 'I')];
const GOODBYE = message('E', 'SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0');

describe('a PostgreSQL that shuts down just as a connection is made', () => {
  let server: Server;
  beforeEach(async () => {
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      // The greeting's end and the goodbye in one packet, as they arrive at a busy process.
      socket.once('data', () => socket.end(Buffer.concat([...GREETING, GOODBYE])));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => server.close());

  it('fails the statement, not the process', async () => {
    const { port } = server.address() as AddressInfo;
    const dataSource = new DataSource(dataSourceOptions(`postgresql://nobody@127.0.0.1:${port}/none`));
    await expect(dataSource.initialize()).rejects.toThrow();
  });
});
