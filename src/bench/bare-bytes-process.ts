/** The least a server can be that answers the same bytes to everything: `node:http`, which reads a request's body to its end. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerParent } from './child-answers.js';

export interface BareBytesSettings {
  readonly contentType: string;
  /** In base64. */
  readonly bytes: string;
}

let server: Server | undefined;

answerParent({
  async start({ contentType, bytes }: BareBytesSettings) {
    const body = Buffer.from(bytes, 'base64');
    server = createServer((request, response) => {
      request.resume();
      request.once('end', () => response.setHeader('content-type', contentType).end(body));
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
  },
});
