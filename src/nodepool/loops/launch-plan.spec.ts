import type { NodepoolConfig, ProviderConfig } from '../config/nodepool-config.js';
import { planLaunches, type PoolFacts } from './launch-plan.js';

function provider(name: string, more: Partial<ProviderConfig> = {}): ProviderConfig {
  return { name, driver: 'fake', maxServers: 10, nodes: [], ...more } as ProviderConfig;
}

function config(providers: readonly ProviderConfig[], minReady = 4): NodepoolConfig {
  return {
    providers,
    labels: [{ name: 'x', image: 'i', minReady, providers: providers.map(({ name }) => name), readyScript: null }],
    targets: [
      { name: 'left', hostname: 'l', subnodeHostname: '' },
      { name: 'right', hostname: 'r', subnodeHostname: '' },
    ],
  } as unknown as NodepoolConfig;
}

function facts(more: Partial<PoolFacts> = {}): PoolFacts {
  return {
    nodes: [],
    images: [
      { id: 1, provider: 'a', image: 'i' },
      { id: 2, provider: 'b', image: 'i' },
    ],
    hosts: new Set(),
    isBlocked: () => false,
    ...more,
  };
}

const node = (state: number, count: number, of = 'a') => ({ provider: of, label: 'x', target: 'left', state, count });
const names = (planned: ReturnType<typeof planLaunches>) => planned.map(({ provider: { name } }) => name).sort();

describe('planLaunches', () => {
  const both = config([provider('a'), provider('b')]);

  it('counts what is on its way and ready, and replaces what is held, used or deleted', () => {
    expect(planLaunches(both, facts({ nodes: [node(1, 1), node(2, 1), node(6, 1)] }))).toHaveLength(1);
    expect(planLaunches(both, facts({ nodes: [node(3, 1), node(4, 1), node(5, 2)] }))).toHaveLength(4);
  });

  it('counts every row against max-servers', () => {
    const small = config([provider('a', { maxServers: 4 })]);
    expect(planLaunches(small, facts({ nodes: [node(4, 2), node(5, 1)] }))).toHaveLength(1);
    expect(planLaunches(small, facts({ nodes: [node(4, 9)] }))).toEqual([]);
  });

  it('gives nothing to a provider without a ready image, or that failed a moment ago', () => {
    expect(names(planLaunches(both, facts({ images: [{ id: 2, provider: 'b', image: 'i' }] })))).toEqual(
      Array(4).fill('b'),
    );
    const blocked = facts({ isBlocked: (kind, name) => kind === 'launch' && name === 'b' });
    expect(names(planLaunches(both, blocked))).toEqual(Array(4).fill('a'));
    const down = facts({ isBlocked: (kind) => kind === 'provider' });
    expect(planLaunches(both, down)).toEqual([]);
  });

  it('shares a label out over the providers and the targets', () => {
    const planned = planLaunches(both, facts({ nodes: [node(5, 2)] }));
    expect(names(planned)).toEqual(['a', 'a', 'b', 'b']);
    expect(planned.map(({ target }) => target.name).sort()).toEqual(['left', 'right', 'right', 'right']);
    expect(planned.map(({ imageId, provider: { name } }) => imageId === (name === 'a' ? 1 : 2))).not.toContain(false);
  });

  it('launches nothing for a label that is off', () => {
    expect(planLaunches(config([provider('a')], -1), facts())).toEqual([]);
  });

  it('registers each host of a static provider once, unless it did not answer lately', () => {
    const hosts = ['one', 'two', 'three'].map((name) => ({
      name,
      labels: ['x'],
      username: 'u',
      connectionPort: 22,
      hostKey: null,
    }));
    const racks = config([provider('racks', { driver: 'static', nodes: hosts, maxServers: 3 })], 0);
    const known = facts({
      hosts: new Set(['racks/one']),
      isBlocked: (kind, _provider, what) => kind === 'host' && what === 'two',
    });
    expect(planLaunches(racks, known).map(({ staticHost }) => staticHost)).toEqual(['three']);
  });
});
