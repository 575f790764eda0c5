import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Engine } from './engine.js';

/** Longer than anybody waits: the provider takes connections and never says a word. */
const yaml = (port: number) => `
labels: []
providers:
  - name: silent
    rate: 0.01
    max-servers: 1
    api-timeout: 3600
    auth-url: http://127.0.0.1:${port}/v3
    username: somebody
    password: something
    project-id: some
`;

describe('a process that is to stop', () => {
  it('does not wait for a provider that says nothing', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const engine = await Engine.start(yaml((silent.address() as AddressInfo).port));
    try {
      const sweep = engine.passes.cleanUp().then(() => 'ended');
      await once(silent, 'connection');
      const closed = engine.close().then(() => 'closed');
      const late = new Promise((resolve) => setTimeout(resolve, 90_000, 'still at it').unref());
      expect(await Promise.race([Promise.all([sweep, closed]), late])).toEqual(['ended', 'closed']);
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });
});
