import { assertMode, isLocked, isUpgraded, mayBePending, releaseToDeploy } from './cluster-rules.js';

const release = (id: number, version: string, from: string[] = [], operatingSystem = 'Ubuntu') => ({
  id,
  version,
  operatingSystem,
  canUpdateFromVersions: from,
});

describe('which release a cluster may be brought to', () => {
  const old = release(1, '2014.1.1-5.1');
  const next = release(2, '2014.1.3-5.1.1', ['2014.1.1-5.1']);
  it.each([
    ['the same one', old, old, true],
    ['up', old, next, true],
    ['down again', next, old, true],
    ['versions that have nothing to do with each other', old, release(3, '2014.2-6.0'), false],
    ['another operating system, though it lists the version', old, release(4, 'x', ['2014.1.1-5.1'], 'CentOS'), false],
  ])('%s', (_name, current, pending, expected) => expect(mayBePending(current, pending)).toBe(expected));
});

describe('the release a deployment of single nodes puts on them', () => {
  it.each([
    ['update', 2, 2],
    ['error', 2, 2],
    ['update_error', 2, 2],
    ['operational', 2, 1],
    ['new', 2, 1],
    ['update', null, 1],
  ] as const)('%s with pending %s: %s', (status, pendingReleaseId, expected) =>
    expect(releaseToDeploy({ status, releaseId: 1, pendingReleaseId })).toBe(expected),
  );
});

describe('an upgrade by single deployments', () => {
  const set = new Date(1000);
  const cluster = { pendingReleaseId: 2, pendingSetAt: set };
  const done = { status: 'ready' as const, pendingDeletion: false, deployedReleaseId: 2, deployedAt: new Date(2000) };

  it('is over when every node that stays was deployed since', () => {
    expect(isUpgraded(cluster, [done, { ...done, status: 'error', pendingDeletion: true }])).toBe(true);
  });

  it.each([
    ['one was deployed before', { ...done, deployedAt: new Date(999) }],
    ['one never was', { ...done, deployedAt: null }],
    ['one has another release', { ...done, deployedReleaseId: 1 }],
    ['one failed since', { ...done, status: 'error' as const }],
  ])('is not over: %s', (_name, node) => expect(isUpgraded(cluster, [done, node])).toBe(false));

  it('is none without a pending release or without nodes', () => {
    expect(isUpgraded({ pendingReleaseId: null, pendingSetAt: set }, [done])).toBe(false);
    expect(isUpgraded(cluster, [])).toBe(false);
  });
});

describe('a cluster', () => {
  it('is locked from its first deployment', () => {
    expect(isLocked('new', false)).toBe(false);
    expect(isLocked('stopped', false)).toBe(false);
    expect(isLocked('new', true)).toBe(true);
    expect(isLocked('operational', false)).toBe(true);
  });

  it('takes the modes its release lists', () => {
    expect(() => assertMode('multinode', { modesMetadata: {} })).not.toThrow();
    expect(() => assertMode('multinode', { modesMetadata: { ha_compact: {} } })).toThrow(
      'Cannot deploy in multinode mode in current release. Need to be one of [ha_compact]',
    );
  });
});
