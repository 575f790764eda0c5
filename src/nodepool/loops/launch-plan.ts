import type { LabelConfig, NodepoolConfig, ProviderConfig, TargetConfig } from '../config/nodepool-config.js';
import { POOL_STATES } from '../states.js';
import { allocate, needOf, roomOf } from './allocation.js';

/** Nodes by where they are and what for. */
export interface NodeCount {
  readonly provider: string;
  readonly label: string;
  readonly target: string;
  readonly state: number;
  readonly count: number;
}

export interface CurrentImage {
  readonly id: number;
  readonly provider: string;
  readonly image: string;
}

export interface PoolFacts {
  readonly nodes: readonly NodeCount[];
  readonly images: readonly CurrentImage[];
  /** Hosts that have a row, as `provider/host`. */
  readonly hosts: ReadonlySet<string>;
  /** Names of what failed lately and may not be tried yet. */
  isBlocked(kind: 'provider' | 'launch' | 'host', provider: string, what: string): boolean;
}

export interface PlannedNode {
  readonly provider: ProviderConfig;
  readonly label: LabelConfig | null;
  readonly labelName: string;
  readonly target: Pick<TargetConfig, 'name' | 'hostname'>;
  readonly imageId: number | null;
  readonly staticHost: string | null;
}

/** A node that is there or on its way; held and deleting ones are replaced (spec nodepool section 2.2). */
const PRESENT: ReadonlySet<number> = new Set([POOL_STATES.building, POOL_STATES.ready, POOL_STATES.test]);
const NO_TARGET = { name: '', hostname: '{label.name}-{provider.name}-{node_id}' };

/** Decides what is to be launched now; pure. */
export function planLaunches(config: NodepoolConfig, facts: PoolFacts): PlannedNode[] {
  return [...planHosts(config, facts), ...planServers(config, facts)];
}

function planServers(config: NodepoolConfig, facts: PoolFacts): PlannedNode[] {
  const clouds = config.providers.filter(({ driver }) => driver !== 'static');
  const room = new Map(
    clouds.map(({ name, maxServers }) => [name, roomOf(maxServers, sum(facts, { provider: name }))]),
  );
  const launchable = config.labels.map((label) => ({ label, ...candidates(label, clouds, facts) }));
  const needs = launchable.map(({ label, providers }) => ({
    label: label.name,
    need: needOf(label.minReady, presentOf(facts, label.name)),
    providers,
  }));
  const targets = new TargetTurns(config.targets, facts);
  return allocate(needs, room).flatMap(({ label: labelName, provider: providerName, count }) => {
    const { label, images } = launchable.find((candidate) => candidate.label.name === labelName)!;
    const provider = clouds.find(({ name }) => name === providerName)!;
    const imageId = images.get(providerName)!;
    return Array.from({ length: count }, () => {
      return { provider, label, labelName, target: targets.next(labelName), imageId, staticHost: null };
    });
  });
}

/** Providers without a ready image of the label, or that failed a moment ago, get nothing. */
function candidates(label: LabelConfig, clouds: readonly ProviderConfig[], facts: PoolFacts) {
  const images = new Map(
    facts.images.filter(({ image }) => image === label.image).map(({ provider, id }) => [provider, id]),
  );
  const providers = label.providers.filter(
    (provider) =>
      clouds.some(({ name }) => name === provider) &&
      images.has(provider) &&
      !facts.isBlocked('provider', provider, '') &&
      !facts.isBlocked('launch', provider, label.name),
  );
  return { images, providers };
}

/** Hosts that exist already are registered whether they are needed or not (spec section 3). */
function planHosts(config: NodepoolConfig, facts: PoolFacts): PlannedNode[] {
  const targets = new TargetTurns(config.targets, facts);
  return config.providers
    .filter(({ driver }) => driver === 'static')
    .flatMap((provider) =>
      provider.nodes
        .filter(({ name }) => !facts.hosts.has(`${provider.name}/${name}`))
        .filter(({ name }) => !facts.isBlocked('host', provider.name, name))
        .slice(0, roomOf(provider.maxServers, sum(facts, { provider: provider.name })))
        .map(({ name, labels }) => {
          const labelName = labels[0] ?? '';
          const target = targets.next(labelName);
          return { provider, label: null, labelName, target, imageId: null, staticHost: name };
        }),
    );
}

function presentOf(facts: PoolFacts, label: string): number {
  return facts.nodes
    .filter((node) => node.label === label && PRESENT.has(node.state))
    .reduce((total, { count }) => total + count, 0);
}

function sum(facts: PoolFacts, where: { provider: string }): number {
  return facts.nodes
    .filter(({ provider }) => provider === where.provider)
    .reduce((total, { count }) => total + count, 0);
}

/** A label's nodes go evenly to the targets. */
class TargetTurns {
  private readonly counts: Map<string, number>;

  constructor(
    private readonly targets: readonly TargetConfig[],
    facts: PoolFacts,
  ) {
    this.counts = new Map();
    for (const { label, target, count } of facts.nodes) this.add(label, target, count);
  }

  next(label: string): Pick<TargetConfig, 'name' | 'hostname'> {
    const load = ({ name }: { name: string }): number => this.counts.get(`${name}/${label}`) ?? 0;
    const [target = NO_TARGET] = [...this.targets].sort((a, b) => load(a) - load(b));
    this.add(label, target.name, 1);
    return target;
  }

  private add(label: string, target: string, count: number): void {
    const key = `${target}/${label}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + count);
  }
}
