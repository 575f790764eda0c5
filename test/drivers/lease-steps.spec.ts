import {
  type LeasedServer,
  ServerLeaseRegistry,
  ServerLeases,
  type LeaseWish,
} from '../../src/drivers/pool/server-leases.js';
import { leaseStep, releaseStep } from '../../src/environments/steps/lease-steps.js';
import type { StepWork, WorkHandler } from '../../src/environments/steps/step-work.js';
import type { Json } from '../../src/environments/templates/template.js';
import { benchDrivers, StepBench } from './step-bench.js';

/** A pool that has nothing the first times it is asked. */
class Lender extends ServerLeases {
  readonly wishes: LeaseWish[] = [];
  readonly returns: unknown[][] = [];
  constructor(private emptyTimes = 0) {
    super();
  }
  lease(wish: LeaseWish): Promise<readonly LeasedServer[] | null> {
    this.wishes.push(wish);
    this.emptyTimes -= 1;
    if (this.emptyTimes >= 0) return Promise.resolve(null);
    const ids = Array.from({ length: wish.count }, (_, index) => String(index + 1));
    return Promise.resolve(
      ids.map((id) => ({ id, label: wish.label, hostname: `host-${id}`, address: `10.0.0.${id}` })),
    );
  }
  release(...args: unknown[]): Promise<readonly string[]> {
    this.returns.push(args);
    return Promise.resolve([]);
  }
  login = () => Promise.resolve(null);
}

const SERVERS = [
  { id: '1', role: 'web', hostname: 'host-1', address: '10.0.0.1' },
  { id: '2', role: 'db', hostname: 'host-2', address: '10.0.0.2' },
];

function step(
  handler: WorkHandler,
  settings: Record<string, Json>,
  more: { lender?: Lender | null; work?: Partial<StepWork>; timeoutSec?: number; export?: Record<string, string> } = {},
) {
  const { lender, work, ...definition } = more;
  const registry = new ServerLeaseRegistry();
  if (lender !== null) registry.register(lender ?? new Lender());
  const options = { folder: '/nowhere', work };
  return new StepBench(handler, { ...definition, settings }, options, benchDrivers(options, registry));
}

describe('a lease step', () => {
  it('waits until there are enough servers and takes them under the same name', async () => {
    const lender = new Lender(2);
    const bench = step(
      leaseStep,
      { role: 'web', label: 'small', count: 2 },
      { lender, export: { first: 'servers[0].address' } },
    );
    const servers = ['1', '2'].map((id) => ({ id, role: 'web', hostname: `host-${id}`, address: `10.0.0.${id}` }));
    expect(await bench.run()).toEqual({
      outcome: 'success',
      result: { leased: servers, exports: { first: '10.0.0.1' } },
    });
    const wish = { holder: 'environment:7', key: 'step:3', label: 'small', count: 2, by: 'genesis' };
    expect(lender.wishes).toEqual([wish, wish, wish]);
  });

  it('gives up after its time, and may be tried again', async () => {
    const bench = step(leaseStep, { role: 'web', label: 'small' }, { lender: new Lender(99), timeoutSec: 10 });
    expect(await bench.once()).toMatchObject({ outcome: 'again' });
    bench.ahead = 11_000;
    await expect(bench.once()).rejects.toMatchObject({ retryable: true });
    expect(await bench.once()).toMatchObject({ outcome: 'again' });
  });

  it.each([
    { role: '', label: 'x' },
    { role: 'x' },
    { role: 'x', label: 'x', count: 0 },
    { role: 'x', label: 'x', count: 1.5 },
  ])('is refused for good where it asks for nothing that can be: %j', async (settings) => {
    await expect(step(leaseStep, settings as Record<string, Json>).once()).rejects.toMatchObject({ retryable: false });
  });

  it('needs a pool', async () => {
    const bench = step(leaseStep, { role: 'web', label: 'small' }, { lender: null });
    await expect(bench.once()).rejects.toThrow(/no node pool/);
  });
});

describe('a release step', () => {
  it('gives back the servers of its role', async () => {
    const lender = new Lender();
    const bench = step(releaseStep, { role: 'web' }, { lender, work: { servers: SERVERS } });
    expect(await bench.run()).toEqual({ outcome: 'success', result: { released: ['1'] } });
    expect(lender.returns).toEqual([['environment:7', ['1'], 'genesis']]);
  });

  it('gives back all without one', async () => {
    const lender = new Lender();
    const bench = step(releaseStep, {}, { lender, work: { servers: SERVERS } });
    expect(await bench.run()).toEqual({ outcome: 'success', result: { released: ['1', '2'] } });
    expect(lender.returns).toEqual([['environment:7', null, 'genesis']]);
  });
});
