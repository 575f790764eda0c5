import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import ssh2 from 'ssh2';
import { StaticDriver } from '../../src/drivers/pool/static/static-driver.js';
import type { PoolServer, StaticNode } from '../../src/drivers/pool/pool-provider.js';
import { probeSsh } from '../../src/drivers/pool/ssh-reachability.js';
import { findSshd, OpenSsh } from '../support/open-ssh.js';
import { providerSettings, serverWish, testIo } from './pool-support.js';

const signal = new AbortController().signal;
const ED25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9dUrVBUmDwMuuvN5QOVGyxZUM6YwSAGAKq6cDlgzSO';

describe('a static provider', () => {
  const io = testIo();
  const nodes: StaticNode[] = [
    { name: 'box-1', labels: ['bare'], username: 'zuul', connectionPort: 22, hostKey: null },
    { name: '127.0.0.1', labels: ['bare'], username: 'zuul', connectionPort: 1, hostKey: null },
  ];
  const provider = new StaticDriver().open(providerSettings({ driver: 'static', nodes }));

  it('has the hosts of its configuration as servers, and no others', async () => {
    expect(await provider.createServer(serverWish({ host: 'box-1' }), io)).toBe('box-1');
    expect(await provider.getServer('box-1', io)).toMatchObject({ status: 'active', ip: 'box-1', port: 22, tags: {} });
    expect(await provider.getServer('box-9', io)).toBeNull();
    await expect(provider.createServer(serverWish({ host: 'box-9' }), io)).rejects.toMatchObject({ code: 'not_found' });
    await expect(provider.createServer(serverWish(), io)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('has nothing that could be left over, and no images', async () => {
    await provider.deleteServer('box-1', io);
    await provider.deleteServer('box-9', io);
    expect(await provider.getServer('box-1', io)).not.toBeNull();
    expect(await provider.listServers(io)).toEqual([]);
    expect(await provider.listImages(io)).toEqual([]);
    const wish = { name: 'x', file: '/x', format: 'raw', tags: {} };
    await expect(provider.uploadImage(wish, io)).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('does not take a host that left the configuration for reachable', async () => {
    const server = { id: 'box-9' } as PoolServer;
    expect(await provider.isReachable(server, { port: null, hostKey: null }, io)).toBe(false);
  });
});

describe('reachability over SSH', () => {
  const open: { close(): unknown }[] = [];

  afterEach(() => {
    for (const one of open.splice(0)) one.close();
  });

  it('is there when the key exchange is through, without a login', async () => {
    const { port, publicKey, logins } = await startServer('ecdsa');
    const answer = await probe(port, null);
    expect(answer).toMatchObject({ answers: true });
    expect(answer.message).toMatch(/answers, SHA256:\S+ \(ecdsa-sha2-nistp256\)$/);
    expect(await probe(port, publicKey)).toMatchObject({ answers: true });
    expect(logins).toEqual([]);
  });

  it('is not there when the host has another key, or none of that type', async () => {
    const { port } = await startServer('ecdsa');
    const other = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).public;
    const mismatch = await probe(port, other);
    expect(mismatch.answers).toBe(false);
    expect(mismatch.message).toMatch(
      /host key mismatch: offers SHA256:\S+ \(ecdsa-sha2-nistp256\), configured is SHA256:/,
    );
    expect((await probe(port, ED25519)).answers).toBe(false);
  });

  it('looks for the configured key among all the host has', async () => {
    const keys = [
      ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }),
      ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 }),
    ];
    const { port } = await startServer(...keys);
    for (const { public: key } of keys) expect(await probe(port, key)).toMatchObject({ answers: true });
  });

  it.each([
    ['says nothing', ''],
    ['speaks another protocol', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['only knows the greeting', 'SSH-2.0-nothing\r\n'],
  ])('is not there when what listens %s', async (_what, greeting) => {
    const port = await listen(createServer((socket) => socket.on('error', () => undefined).write(greeting)));
    const answer = await probeSsh({ host: '127.0.0.1', port, hostKey: null }, { signal, timeoutMs: 500 });
    expect(answer.answers).toBe(false);
  });

  it('is not there when nothing listens, when it hangs up, and when the configured key is no key', async () => {
    const port = await listen(createServer((socket) => socket.end()));
    expect((await probe(port, null)).answers).toBe(false);
    expect(await probe(port, 'nonsense')).toMatchObject({
      answers: false,
      message: expect.stringContaining('cannot be read'),
    });
    open.splice(0).forEach((one) => one.close());
    expect(await probe(port, null)).toMatchObject({ answers: false, message: expect.stringContaining('refused') });
    expect((await probeSsh({ host: 'no.such.host.invalid', port: 22, hostKey: null }, { signal })).answers).toBe(false);
  });

  it('ends at once when it is aborted', async () => {
    const port = await listen(createServer((socket) => socket.on('error', () => undefined)));
    const abort = new AbortController();
    const asking = probeSsh({ host: '127.0.0.1', port, hostKey: null }, { signal: abort.signal, timeoutMs: 600_000 });
    abort.abort();
    await expect(asking).rejects.toMatchObject({ code: 'aborted' });
    const again = probeSsh({ host: '127.0.0.1', port, hostKey: null }, { signal: abort.signal });
    await expect(again).rejects.toMatchObject({ code: 'aborted' });
  });

  const sshd = findSshd();
  (sshd === null ? it.skip : it)('works with the real OpenSSH server', async () => {
    const server = await OpenSsh.start(sshd ?? '');
    try {
      const nodes = [
        { name: '127.0.0.1', labels: ['x'], username: 'root', connectionPort: server.port, hostKey: null },
      ];
      const provider = new StaticDriver().open(providerSettings({ driver: 'static', nodes }));
      const io = testIo();
      const host = await provider.getServer('127.0.0.1', io);
      expect(await provider.isReachable(host!, { port: null, hostKey: null }, io)).toBe(true);
      expect(io.lines.join()).toContain(server.fingerprint);
      expect(await provider.isReachable(host!, { port: null, hostKey: ED25519 }, io)).toBe(false);
      await server.stop();
      expect(await provider.isReachable(host!, { port: null, hostKey: null }, io)).toBe(false);
    } finally {
      await server.stop();
    }
  });

  function probe(port: number, hostKey: string | null) {
    return probeSsh({ host: '127.0.0.1', port, hostKey }, { signal, timeoutMs: 30_000 });
  }

  async function startServer(...wanted: ('ecdsa' | { private: string; public: string })[]) {
    const keys = wanted.map((key) => (key === 'ecdsa' ? ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }) : key));
    const logins: string[] = [];
    const server = new ssh2.Server({ hostKeys: keys.map((key) => key.private) }, (client) => {
      client.on('error', () => undefined);
      client.on('authentication', (context) => {
        logins.push(context.username);
        context.reject();
      });
    });
    const port = await listen(server as unknown as Server);
    return { port, publicKey: keys[0]?.public ?? '', logins };
  }

  async function listen(server: Server): Promise<number> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.push(server);
    return (server.address() as AddressInfo).port;
  }
});
