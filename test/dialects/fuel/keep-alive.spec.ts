import { setTimeout as delay } from 'node:timers/promises';
import { KeepAliveService } from '../../../src/nodes/keep-alive.service.js';
import { startTestApp, type TestApp } from '../../support/app.js';
import { FuelApi, nodeBody } from './fuel-api.js';

interface NodeAnswer {
  readonly id: number;
  readonly name: string;
  readonly online: boolean;
}

let api: FuelApi;
let second: TestApp;
let next = 0;
beforeAll(async () => {
  api = await FuelApi.start();
  second = await startTestApp({ database: api.app.database });
});
afterAll(async () => {
  await second.close();
  await api.close();
});

const report = (mac: string) => api.app.inject({ method: 'PUT', url: '/api/nodes/agent', payload: { mac } });
const look = () => api.app.app.get(KeepAliveService).look();
const isOnline = async (id: number) => (await api.read<NodeAnswer>(`nodes/${id}`)).online;
const told = async (id: number) =>
  (await api.read<{ node_id: number; topic: string; message: string }[]>('notifications'))
    .filter(({ node_id, topic }) => node_id === id && topic !== 'discover')
    .map(({ message }) => message);

async function silentNode(more: Record<string, unknown> = {}, seconds = 181): Promise<NodeAnswer> {
  const node = await api.create<NodeAnswer>('nodes', nodeBody((next += 1), more));
  await age(node.id, seconds);
  return node;
}

const age = (id: number, seconds: number) =>
  api.sql.query(`update nodes set reported_at = reported_at - $2 * interval '1 second' where id = $1`, [id, seconds]);

describe('a node whose agent fell silent', () => {
  it('is offline after 180 seconds, and operators are told once', async () => {
    const [silent, alive] = [await silentNode(), await silentNode({}, 60)];
    expect(await look()).toBe(1);
    expect([await isOnline(silent.id), await isOnline(alive.id)]).toEqual([false, true]);
    expect(await told(silent.id)).toEqual([`Node '${silent.name}' has gone away`]);
    expect(await look()).toBe(0);
    expect(await told(silent.id)).toHaveLength(1);
    await api.delete(`nodes/${alive.id}`);
    const audit = await api.sql.query<{ action: string; user_name: string }[]>(
      `select action, user_name from audit_events where object_type = 'node' and object_id = $1 order by id`,
      [String(silent.id)],
    );
    expect(audit).toEqual([
      { action: 'create', user_name: 'admin' },
      { action: 'offline', user_name: 'system' },
    ]);
  });

  it('comes back with its next report', async () => {
    const node = await silentNode();
    const mac = nodeBody(next)['mac'] as string;
    await look();
    expect((await report(mac)).json()).toEqual({ id: node.id });
    expect(await isOnline(node.id)).toBe(true);
    const messages = (await api.read<{ node_id: number; message: string }[]>('notifications')).map(
      ({ message }) => message,
    );
    expect(messages).toContain(`Node '${node.name}' is back online`);
    expect(await look()).toBe(0);
    await age(node.id, 181);
    expect(await look()).toBe(1);
    expect(await told(node.id)).toHaveLength(2);
  });

  it('is left alone while it is provisioned, or where no agent is expected', async () => {
    const provisioning = await silentNode();
    await api.put(`nodes/${provisioning.id}`, { status: 'provisioning' });
    const byHand = await silentNode({ slipway: { ssh: { username: 'root' } } });
    const simulated = await silentNode({ slipway: { driver: 'simulated' } });
    await api.sql.query(`update nodes set reported_at = now() - interval '1 hour' where id = $1`, [simulated.id]);
    const takenOver = await silentNode();
    await api.put(`nodes/${takenOver.id}`, { slipway: { ssh: { password: 'x' } } });
    expect(await look()).toBe(0);
    for (const { id } of [provisioning, byHand, simulated, takenOver]) expect(await isOnline(id)).toBe(true);
    await report(nodeBody(next)['mac'] as string);
    await age(takenOver.id, 181);
    await api.put(`nodes/${provisioning.id}`, { status: 'provisioned' });
    expect(await look()).toBe(2);
  });

  it('is told of once, however many processes look', async () => {
    const nodes = await Promise.all(Array.from({ length: 30 }, () => silentNode()));
    const other = second.app.get(KeepAliveService);
    const found = await Promise.all([look(), other.look(), look(), other.look()]);
    expect(found.reduce((sum, each) => sum + each, 0) + (await look())).toBe(30);
    for (const { id } of nodes) expect(await told(id)).toHaveLength(1);
  });

  it('is found in chunks, all of them with one look', async () => {
    await api.sql.query(
      `insert into nodes (name, mac, reported_at)
       select 'n' || n, 'aa:' || n, now() - interval '1 hour' from generate_series(1, 1100) n`,
    );
    expect(await look()).toBe(1100);
    await api.sql.query(`delete from nodes where mac like 'aa:%'`);
  });
});

describe('the clock', () => {
  it('looks by itself on a worker, and lets nodes report first after a start', async () => {
    const node = await silentNode();
    const worker = await startTestApp({
      database: api.app.database,
      config: { role: 'worker', fuelNodeTimeout: 6, fuelNodeCheckInterval: 1 },
    });
    const readyAt = Date.now();
    try {
      while (await isOnline(node.id)) {
        if (Date.now() - readyAt > 45_000) throw new Error('nobody looked');
        await delay(100);
      }
    } finally {
      await worker.close();
    }
    const [gone] = await api.sql.query<{ at: Date }[]>(
      `select at from audit_events where action = 'offline' and object_type = 'node' and object_id = $1`,
      [String(node.id)],
    );
    // Its first look would have been a second after the start; the rest is what listening may have taken.
    expect((gone?.at.getTime() ?? 0) - readyAt).toBeGreaterThan(3000);
    expect(await told(node.id)).toHaveLength(1);
  });
});
