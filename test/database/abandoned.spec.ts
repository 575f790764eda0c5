import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Config } from '../../src/config/config.js';
import { parseSettings } from '../../src/config/settings.js';
import { EmbeddedServer } from '../../src/database/embedded/embedded-server.js';
import { type RunningServer, startServer } from '../../src/server.js';
import { ADMIN_PASSWORD } from '../support/app.js';
import { serversOf } from '../support/embedded.js';

describe('a server that runs into its limit while it stops', () => {
  let dataDir: string;
  let server: RunningServer | undefined;
  let client: Socket | undefined;
  const embedded: EmbeddedServer[] = [];

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'slipway-abandoned-'));
    chmodSync(dataDir, 0o755);
  });
  afterEach(async () => {
    client?.destroy();
    await server?.stop().catch(() => undefined);
    await Promise.all(embedded.splice(0).map((each) => each.stop()));
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function serve(): Promise<RunningServer> {
    const own = { dataDir, port: 0, host: '127.0.0.1', role: 'api', logLevel: 'silent', adminPassword: ADMIN_PASSWORD };
    server = await startServer(new Config({ ...parseSettings({}), ...own } as Config['values']));
    return server;
  }

  /** A request that never ends: whoever closes in good order waits for it. */
  async function hold({ url }: RunningServer): Promise<void> {
    const { hostname, port } = new URL(url);
    client = connect(Number(port), hostname);
    client.on('error', () => undefined);
    client.write(
      'POST /api/auth/login/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    );
    await sleep(200);
  }

  it('stops the embedded PostgreSQL, also one that another process had started', async () => {
    // Whoever started it is gone by the time this one ends.
    const first = await EmbeddedServer.start({ dataDir });
    embedded.push(first);
    const running = await serve();
    await first.stop();
    expect(serversOf(dataDir)).toHaveLength(1);
    await hold(running);
    let isStopped = false;
    const stopping = running.stop().then(() => (isStopped = true));
    await sleep(500);
    expect(isStopped).toBe(false);
    await running.abandon();
    expect(serversOf(dataDir)).toEqual([]);
    client?.destroy();
    await stopping.catch(() => undefined);
  });

  it('leaves it to the other processes that use it', async () => {
    const running = await serve();
    const other = await EmbeddedServer.start({ dataDir });
    embedded.push(other);
    await hold(running);
    const stopping = running.stop();
    await running.abandon();
    expect(serversOf(dataDir)).toHaveLength(1);
    client?.destroy();
    await stopping.catch(() => undefined);
    await other.stop();
    expect(serversOf(dataDir)).toEqual([]);
  });
});
