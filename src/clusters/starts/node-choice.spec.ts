import type { Node } from '../../nodes/node.entity.js';
import {
  assertDeployable,
  deploymentProblem,
  nodesToDelete,
  nodesToDeploy,
  nodesToProvision,
  nodesToStop,
  nodesToUpdate,
  nodesWithSystem,
  withControllers,
} from './node-choice.js';

const node = (id: number, more: Partial<Node> = {}): Node =>
  ({
    id,
    name: `n${id}`,
    mac: `m${id}`,
    status: 'ready',
    roles: [],
    pendingRoles: [],
    pendingAddition: false,
    pendingDeletion: false,
    errorType: null,
    online: true,
    ...more,
  }) as Node;

const HA = { mode: 'ha_compact' as const };
const MULTINODE = { mode: 'multinode' as const };
const ids = (nodes: readonly Node[]) => nodes.map(({ id }) => id);

const ALL = [
  node(1),
  node(2, { status: 'provisioned', online: false }),
  node(3, { status: 'error', errorType: 'deploy' }),
  node(4, { status: 'error', errorType: 'provision' }),
  node(5, { status: 'discover', pendingAddition: true }),
  node(6, { pendingRoles: ['compute'] }),
  node(7, { pendingDeletion: true, pendingRoles: ['compute'] }),
  node(8, { status: 'deploying' }),
  node(9, { status: 'discover' }),
];

describe('which nodes', () => {
  it.each([
    ['an update takes', nodesToUpdate(MULTINODE, ALL), [1, 2, 3, 6, 7]],
    ['a deployment takes that names none', nodesToDeploy(MULTINODE, ALL), [2, 3, 4, 5, 6]],
    ['are provisioned', nodesToProvision(ALL), [4, 5]],
    ['are deleted', nodesToDelete(ALL), [7]],
    ['a stop takes back', nodesToStop(ALL), [2, 3, 4, 8]],
    ['have a system', nodesWithSystem(ALL), [1, 2, 3, 4, 6, 7, 8]],
  ])('%s', (_name, nodes, expected) => expect(ids(nodes)).toEqual(expected));

  it('one controller brings all others that stay, where it is highly available', () => {
    const controllers = [
      node(1, { roles: ['controller'] }),
      node(2, { pendingRoles: ['controller'] }),
      node(3, { roles: ['controller'], pendingDeletion: true }),
      node(4, { roles: ['compute'] }),
    ];
    expect(ids(withControllers(HA, controllers, [controllers[0]!]))).toEqual([1, 2]);
    expect(ids(withControllers(MULTINODE, controllers, [controllers[0]!]))).toEqual([1]);
    expect(ids(withControllers(HA, controllers, [controllers[3]!]))).toEqual([4]);
  });
});

describe('nodes that cannot be deployed', () => {
  it.each([
    [{ pendingAddition: true }, 'Nodes with uids [1] are not provisioned yet. '],
    [{ status: 'provisioning' }, 'Nodes with uids [1] are not provisioned yet. '],
    [{ status: 'error', errorType: 'deletion' }, 'Nodes with uids [1] are not provisioned yet. '],
    [{ pendingDeletion: true }, 'Nodes with uids [1] marked for deletion. Please remove them and restart deployment.'],
  ] as const)('%j', (more, fault) =>
    expect(() => assertDeployable([node(1, more)])).toThrow(`Deployment operation cannot be started. ${fault}`),
  );

  it('are not those that failed in a deployment', () =>
    expect(() => assertDeployable([node(1, { status: 'error', errorType: 'deploy' })])).not.toThrow());
});

describe('a deployment of everything pending', () => {
  const release = { roles: ['controller', 'compute'] };
  it.each([
    [[node(1, { roles: ['controller'] })], null],
    [[node(1, { pendingRoles: ['controller'] }), node(2, { online: false })], null],
    [[node(1, { status: 'discover', online: false, pendingDeletion: true }), node(2, { roles: ['controller'] })], null],
    [
      [node(1, { roles: ['controller'], status: 'discover', online: false })],
      'Nodes "n1 (id=1, mac=m1)" are offline. Remove them from environment and try again.',
    ],
    [[node(1)], 'Not enough controllers, ha_compact mode requires at least 1 controller'],
    [[node(1, { roles: ['controller'], pendingDeletion: true })], null],
  ])('case %#', (nodes, expected) => expect(deploymentProblem(HA, nodes, release)).toBe(expected));

  it('asks for no role that the release does not have', () =>
    expect(deploymentProblem(HA, [node(1)], { roles: ['web'] })).toBe(null));
});
