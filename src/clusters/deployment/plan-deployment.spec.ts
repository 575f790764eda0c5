import type { DeployableNode } from './deployment-order.js';
import { planDeployment, type DeploymentPlan, type DeploymentWish } from './plan-deployment.js';

const node = (id: number, roles: string[], more: Partial<DeployableNode> = {}): DeployableNode => ({
  id,
  name: `n${id}`,
  roles,
  driver: 'ssh',
  pendingDeletion: false,
  ...more,
});
const shell = (id: string, more: Record<string, unknown>) => ({
  id,
  type: 'shell',
  parameters: { cmd: `run ${id}` },
  ...more,
});

function plan(nodes: readonly DeployableNode[], more: Partial<DeploymentWish> = {}): DeploymentPlan {
  return planDeployment({
    action: 'deploy',
    taskId: 5,
    cluster: { id: 1, name: 'demo', mode: 'ha_compact' },
    release: { id: 4, name: 'Juno', version: '2014.2-6.0', deploymentTasks: [shell('all', { role: '*' })] },
    patching: true,
    nodes,
    clusterNodes: nodes,
    parallel: 1,
    ...more,
  });
}
const names = ({ waves }: DeploymentPlan) => waves.map((wave) => wave.map(({ label }) => label).join(' '));
const steps = (planned: DeploymentPlan) =>
  Object.fromEntries(planned.waves.flat().map((job) => [job.label, job.steps.map(({ name }) => name).join(' ')]));
const release = (...deploymentTasks: unknown[]) => ({
  release: { id: 4, name: 'Juno', version: '2014.2-6.0', deploymentTasks },
});

describe('the order of a cluster’s nodes', () => {
  const all = [
    node(1, ['compute']),
    node(2, ['controller']),
    node(3, ['mongo']),
    node(4, ['cinder']),
    node(5, ['controller', 'zabbix-server']),
    node(6, ['mongo']),
    node(7, ['controller', 'compute']),
  ];

  it('while patching is one at a time, in Nailgun’s order of roles', () => {
    const planned = plan(all);
    expect(planned).toMatchObject({ mode: 'sequential', onFailure: 'stop' });
    expect(names(planned).join(' ')).toBe('n5 n6 n3 n2 n7 n1 n4');
    const multinode = plan(all, { cluster: { id: 1, name: 'demo', mode: 'multinode' } });
    expect(names(multinode).join(' ')).toBe('n5 n6 n3 n2 n7 n1 n4');
  });

  it('while patching is as many at a time as the operator says, still in the order of roles', () => {
    const planned = plan(all, { parallel: 3 });
    expect(planned).toMatchObject({ mode: 'parallel', maxParallel: 3 });
    expect(names(planned)).toEqual(['n5', 'n6', 'n3', 'n2', 'n7', 'n1 n4']);
  });

  it('without patching is by role, nodes of a role at the same time', () => {
    const planned = plan(all, { patching: false });
    expect(planned).toMatchObject({ mode: 'parallel', maxParallel: null, onFailure: 'stop' });
    expect(names(planned)).toEqual(['n5', 'n6', 'n3', 'n2', 'n7', 'n1 n4']);
  });

  it('without patching follows the release’s groups and their strategies', () => {
    const tasks = [
      {
        id: 'compute',
        type: 'group',
        role: ['compute'],
        requires: ['controller'],
        parameters: { strategy: { type: 'one_by_one' } },
      },
      {
        id: 'controller',
        type: 'group',
        role: ['controller'],
        requires: ['db'],
        parameters: { strategy: { type: 'parallel', amount: 2 } },
      },
      { id: 'db', type: 'group', role: ['mongo'] },
      shell('all', { role: '*' }),
    ];
    const nodes = [...all, node(8, ['compute'])];
    expect(names(plan(nodes, { patching: false, ...release(...tasks) }))).toEqual([
      'n3 n6',
      'n2 n5',
      'n7',
      'n1',
      'n8',
      'n4',
    ]);
  });

  it('names the primary over the whole cluster, without those that are to be deleted', () => {
    const cluster = [
      node(1, ['controller'], { pendingDeletion: true }),
      node(2, ['controller']),
      node(3, ['controller']),
    ];
    const roles = plan([cluster[2]!], { clusterNodes: cluster }).waves[0]![0]!.input['environment'];
    expect(roles).toMatchObject({ SLIPWAY_ROLES: 'controller' });
    expect(plan([cluster[1]!], { clusterNodes: cluster }).waves[0]![0]!.input['environment']).toMatchObject({
      SLIPWAY_ROLES: 'primary-controller',
    });
  });

  it('stops for a critical role only', () => {
    const critical = (mode: string) =>
      plan([...all, node(9, ['ceph-osd'])], { cluster: { id: 1, name: 'demo', mode } })
        .waves.flat()
        .filter((job) => job.critical)
        .map(({ label }) => label);
    expect(critical('ha_compact')).toEqual(['n3', 'n2', 'n9']);
    expect(critical('multinode')).toEqual(['n5', 'n3', 'n2', 'n7', 'n9']);
  });
});

describe('the steps of a node', () => {
  const tasks = [
    shell('last', { role: ['compute'], requires: ['first'] }),
    shell('first', { role: '*' }),
    shell('one', { role: 'primary-controller' }),
    shell('others', { role: ['controller'] }),
    { id: 'boot', type: 'reboot', groups: ['storage'], requires: ['file'] },
    { id: 'file', type: 'upload_file', groups: ['storage'], parameters: { path: '/etc/x', data: 'y' } },
    { id: 'storage', type: 'group', role: ['cinder', 'ceph-osd'] },
    { id: 'gone', type: 'skipped', role: '*' },
  ];

  it('are the tasks of its roles in the release’s order', () => {
    const nodes = [
      node(1, ['controller']),
      node(2, ['controller']),
      node(3, ['compute', 'cinder']),
      node(4, ['zabbix']),
    ];
    expect(steps(plan(nodes, release(...tasks)))).toEqual({
      n1: 'Access first one',
      n2: 'Access first others',
      n3: 'Access first last file boot',
      n4: 'Access first',
    });
  });

  it('are a controller’s for the primary one too, where the release does not tell them apart', () => {
    const plain = release(shell('api', { role: ['controller'] }), shell('in-group', { groups: ['controller'] }));
    const nodes = [node(1, ['controller']), node(2, ['controller'])];
    expect(steps(plan(nodes, plain))).toEqual({ n1: 'Access api in-group', n2: 'Access api in-group' });
    const multinode = { cluster: { id: 1, name: 'demo', mode: 'multinode' }, ...release(...tasks) };
    expect(steps(plan(nodes, multinode))).toEqual({ n1: 'Access first others', n2: 'Access first others' });
  });

  it('are only those asked for by name', () => {
    const nodes = [node(3, ['compute', 'cinder'])];
    expect(steps(plan(nodes, { ...release(...tasks), taskNames: ['boot', 'last', 'one'] }))).toEqual({
      n3: 'Access last boot',
    });
  });

  it('say what a command needs, and how long it may take with all its tries', () => {
    const task = shell('a', { role: '*', parameters: { cmd: 'x', timeout: 60, retries: 2, interval: 5, cwd: '/tmp' } });
    const [job] = plan([node(7, ['compute'], { name: 'a "node"' })], release(task)).waves.flat();
    expect(job!.steps[1]).toMatchObject({
      kind: 'shell',
      config: { cmd: 'x', cwd: '/tmp', timeoutS: 60, retries: 2, intervalS: 5 },
      timeoutS: 3 * 65 + 600,
      phase: 'deploying',
    });
    expect(job).toMatchObject({ targetKind: 'node', targetId: '7' });
    expect(job!.input).toEqual({
      nodeId: 7,
      taskId: 5,
      clusterId: 1,
      releaseId: 4,
      action: 'deploy',
      environment: {
        SLIPWAY_NODE_ID: '7',
        SLIPWAY_NODE_NAME: 'a "node"',
        SLIPWAY_ROLES: 'compute',
        SLIPWAY_CLUSTER_ID: '1',
        SLIPWAY_CLUSTER: 'demo',
        SLIPWAY_RELEASE_ID: '4',
        SLIPWAY_RELEASE: 'Juno',
        SLIPWAY_RELEASE_VERSION: '2014.2-6.0',
        SLIPWAY_TASK_ID: '5',
      },
    });
  });

  it('refuse a release that has nothing to run, instead of calling that a success', () => {
    for (const empty of [release(), release({ id: 'deploy_start', type: 'stage' })]) {
      const [job] = plan([node(1, ['compute'])], empty).waves.flat();
      expect(job!.steps.map(({ config }) => config['refusal'])).toEqual([
        expect.stringContaining('no deployment tasks'),
      ]);
    }
    const [simulated] = plan([node(1, ['compute'], { driver: 'simulated' })], release()).waves.flat();
    expect(simulated!.steps).toMatchObject([{ kind: 'simulate', measured: true, phase: 'deploying' }]);
  });

  it.each(['provision', 'delete', 'stop', 'reset'] as const)(
    'are one for the action %s, on all nodes at once',
    (action) => {
      const planned = plan([node(1, ['controller']), node(2, ['compute'], { driver: 'simulated' })], { action });
      expect(planned).toMatchObject({ mode: 'parallel', maxParallel: null });
      expect(planned.waves.map((wave) => wave.map((job) => [job.steps.length, job.critical]))).toEqual([
        [
          [1, false],
          [1, false],
        ],
      ]);
    },
  );

  it('are one plan for a thousand nodes of the same roles', () => {
    const nodes = Array.from({ length: 1000 }, (_, index) => node(index + 10, ['compute']));
    expect(
      new Set(
        plan(nodes)
          .waves.flat()
          .map((job) => job.steps),
      ).size,
    ).toBe(1);
  });
});
