import { begun, lookAt, newSimulatedHost, type SimulatedHost, statusNameOf } from './simulated-host.js';

const START = new Date('2026-01-01T00:00:00Z');
const FINE = { actMs: 1_000, failing: null, failures: Infinity };
const ORDER = { id: 'order-1', act: 'deploy' } as const;

function after(ms: number): Date {
  return new Date(START.getTime() + ms);
}

function deploying(): SimulatedHost {
  return begun(newSimulatedHost('n1'), ORDER, FINE, START)!;
}

describe('a simulated machine', () => {
  it('goes through the words of MAAS while it is deployed', () => {
    const host = deploying();
    expect([0, 200, 300, 900, 1_000].map((ms) => statusNameOf(host, after(ms)))).toEqual([
      'Allocated',
      'Allocated',
      'Deploying',
      'Deploying',
      'Deployed',
    ]);
  });

  it('says of an order whether it knows it and how far it is', () => {
    const host = deploying();
    expect(lookAt(newSimulatedHost('n1'), ORDER, START).state).toBe('untouched');
    expect(lookAt(host, { ...ORDER, id: 'another' }, after(2_000)).state).toBe('untouched');
    expect(lookAt(host, { ...ORDER, act: 'release' }, after(2_000)).state).toBe('untouched');
    expect(lookAt(host, ORDER, after(500))).toMatchObject({ state: 'in_progress', fraction: 0.5 });
    expect(lookAt(host, ORDER, after(1_000))).toMatchObject({ state: 'done', statusName: 'Deployed', power: 'on' });
  });

  it('begins nothing while it is busy, and is off and ready after a release', () => {
    const release = { id: 'order-2', act: 'release' } as const;
    expect(begun(deploying(), release, FINE, after(999))).toBeNull();
    const host = begun(deploying(), release, FINE, after(1_000))!;
    expect(host.history).toEqual(['deploy order-1', 'release order-2']);
    expect(lookAt(host, release, after(1_500)).statusName).toBe('Releasing');
    expect(lookAt(host, release, after(2_000))).toMatchObject({ state: 'done', statusName: 'Ready', power: 'off' });
  });

  it('fails what it is told to fail, as often as it is told', () => {
    const failing = { ...FINE, failing: 'deploy', failures: 1 };
    const first = begun(newSimulatedHost('n1'), ORDER, failing, START)!;
    expect(lookAt(first, ORDER, after(1_000))).toMatchObject({ state: 'failed', statusName: 'Failed deployment' });
    const again = { ...ORDER, id: 'order-2' };
    const second = begun(first, again, failing, after(1_000))!;
    expect(lookAt(second, again, after(2_000)).state).toBe('done');
  });

  it('is commissioned to be ready', () => {
    const order = { id: 'c', act: 'commission' } as const;
    const host = begun(newSimulatedHost('n1'), order, FINE, START)!;
    expect([statusNameOf(host, after(1)), statusNameOf(host, after(1_000))]).toEqual(['Commissioning', 'Ready']);
  });
});
