import { findSshd, OpenSsh } from '../../support/open-ssh.js';
import { Engine } from './engine.js';

const sshd = findSshd();
const withSshd = sshd === null ? describe.skip : describe;

function yaml(port: number): string {
  return `
cron: { cleanup: '0 0 1 1 *', check: '0 0 1 1 *', image-update: '0 0 1 1 *' }
labels:
  - { name: bare-metal, min-ready: 0, providers: [{ name: racks }] }
providers:
  - name: racks
    driver: static
    rate: 0.01
    boot-timeout: 5
    nodes:
      - { name: 127.0.0.1, labels: [bare-metal], username: nobody, connection-port: ${port} }
targets: [{ name: ci }]
`;
}

withSshd('hosts that exist already', () => {
  let host: OpenSsh;
  let engine: Engine;
  beforeAll(async () => {
    host = await OpenSsh.start(sshd!);
    engine = await Engine.start(yaml(host.port));
  });
  afterAll(async () => {
    await engine.close();
    await host.stop();
  });

  it('are registered when they answer, whatever min-ready is', async () => {
    const [node] = await engine.ready(1);
    expect(node).toMatchObject({ provider_name: 'racks', label_name: 'bare-metal', external_id: '127.0.0.1' });
  });

  it('come back under a new number when their node is deleted', async () => {
    const [node] = await engine.ready(1);
    expect(await engine.deleteNode(node!.id)).toBe(204);
    await engine.gone(node!.id);
    const [again] = await engine.ready(1);
    expect(again!.id).toBeGreaterThan(node!.id);
    expect(again!.external_id).toBe('127.0.0.1');
  });

  it('are deregistered by the check when they stop answering, and tried again', async () => {
    const [node] = await engine.ready(1);
    await host.stop();
    await engine.passes.checkNodes();
    await engine.gone(node!.id);
    const backoff = await engine.until('a failed try', async () => {
      const rows = await engine.sql.query<unknown[]>(
        `select 1 from pool_backoffs where name = 'host:racks/127.0.0.1' and failures > 0`,
      );
      return rows.length > 0 ? rows : undefined;
    });
    expect(backoff).toHaveLength(1);
    expect(await engine.nodes('state = 2')).toEqual([]);
  });

  it('leave the pool when they leave the config, unless somebody holds them', async () => {
    const other = await OpenSsh.start(sshd!);
    try {
      await engine.rewrite(yaml(other.port));
      await engine.sql.query(`delete from pool_backoffs`);
      const [node] = await engine.ready(1);
      await engine.rewrite(yaml(other.port).replace('name: 127.0.0.1', 'name: localhost'));
      await engine.passes.cleanUp();
      await engine.gone(node!.id);
      await engine.until('the other host', async () => {
        const nodes = await engine.nodes(`external_id = 'localhost'`);
        return nodes.length === 1 ? nodes : undefined;
      });
    } finally {
      await other.stop();
    }
  });
});
