import {
  clusterAfter,
  doneMessage,
  failedMessage,
  leaving,
  nodeAfterJob,
  nodeAfterTask,
  nodeFailure,
  parentEnd,
} from './consequences.js';
import { titleOf, type TaskName } from './task-names.js';

/** Golden examples of the tables of spec fuel section 5. */
describe('what the end of a task means for its cluster', () => {
  const cluster = { releaseId: 1, pendingReleaseId: 2 };
  const after = (name: TaskName, outcome: 'ready' | 'error', finishesUpgrade = false) =>
    clusterAfter({ name, outcome, releaseId: 2, finishesUpgrade }, cluster);
  const swapped = { status: 'operational', releaseId: 2, pendingReleaseId: null, pendingSetAt: null };

  it.each<[TaskName, object, object]>([
    ['update', swapped, { status: 'update_error' }],
    ['deployment', {}, { status: 'error' }],
    ['deploy', { status: 'operational', changes: [] }, { status: 'error' }],
    ['provision', {}, { status: 'error' }],
    ['stop_deployment', { status: 'stopped' }, { status: 'error' }],
    ['reset_environment', { status: 'new' }, { status: 'error' }],
    ['cluster_deletion', {}, { status: 'error' }],
    ['node_deletion', {}, {}],
  ])('%s', (name, ready, error) => {
    expect(after(name, 'ready')).toEqual(ready);
    expect(after(name, 'error')).toEqual(error);
  });

  it('finishes an upgrade with a deployment only when that is the last (D3)', () => {
    expect(after('deployment', 'ready', true)).toEqual(swapped);
    expect(after('deployment', 'error', true)).toEqual({ status: 'error' });
  });

  it('leaves a release alone that became pending meanwhile', () => {
    const end = { name: 'update', outcome: 'ready', releaseId: 2, finishesUpgrade: false } as const;
    expect(clusterAfter(end, { releaseId: 1, pendingReleaseId: 3 })).toEqual({ status: 'operational', releaseId: 2 });
    expect(clusterAfter(end, { releaseId: 1, pendingReleaseId: null })).toEqual({
      status: 'operational',
      releaseId: 2,
    });
  });
});

describe('what the end of a task means for a node in the middle of things', () => {
  const failed = { status: 'error', progress: 0, errorType: 'deploy' };
  const unprovisioned = { status: 'error', progress: 0, errorType: 'provision' };
  it.each([
    ['update', 'error', 'deploying', failed],
    ['update', 'ready', 'deploying', null],
    ['update', 'error', 'ready', null],
    ['deployment', 'error', 'deploying', failed],
    ['deployment', 'error', 'provisioning', null],
    ['deploy', 'ready', 'deploying', { status: 'ready', progress: 100, errorType: null, errorMsg: null }],
    ['deploy', 'error', 'deploying', failed],
    ['deploy', 'error', 'provisioning', unprovisioned],
    ['provision', 'error', 'provisioning', unprovisioned],
    ['provision', 'ready', 'provisioning', null],
    ['provision', 'error', 'deploying', null],
    ['stop_deployment', 'error', 'deploying', failed],
    ['stop_deployment', 'error', 'provisioning', unprovisioned],
    ['stop_deployment', 'ready', 'deploying', null],
  ] as const)('%s %s, node %s', (name, outcome, status, expected) =>
    expect(nodeAfterTask(name, outcome, { status })).toEqual(expected),
  );
});

describe('what a node’s finished work makes of it', () => {
  const at = new Date(0);
  const node = { status: 'deploying' as const, roles: ['controller'], pendingRoles: ['cinder'] };
  const after = (
    action: Parameters<typeof nodeAfterJob>[0]['action'],
    status: 'succeeded' | 'failed' | 'cancelled',
    more = {},
  ) =>
    nodeAfterJob(
      { action, releaseId: 2, isDeployedNext: false, isPartial: false, ...more },
      { status, error: 'why', at },
      node,
    );
  const well = { errorType: null, errorMsg: null };
  const back = {
    status: 'discover',
    progress: 0,
    roles: [],
    online: false,
    pendingAddition: true,
    pendingRoles: ['controller', 'cinder'],
    deployedReleaseId: null,
    deployedAt: null,
    ...well,
  };

  it('that went well', () => {
    const ready = { status: 'ready', progress: 100, ...well };
    expect(after('deploy', 'succeeded')).toEqual({ ...ready, deployedReleaseId: 2, deployedAt: at });
    expect(after('deploy', 'succeeded', { isPartial: true })).toEqual(ready);
    expect(after('provision', 'succeeded')).toEqual({ ...ready, status: 'provisioned' });
    expect(after('provision', 'succeeded', { isDeployedNext: true })).toMatchObject({
      status: 'provisioned',
      progress: 0,
    });
    expect(after('delete', 'succeeded')).toEqual(leaving());
    expect(after('stop', 'succeeded')).toEqual(back);
    expect(after('reset', 'succeeded')).toEqual({ ...back, pendingDeletion: false });
  });

  it('that failed: 100, nothing more will come (case 27)', () => {
    const error = { status: 'error', progress: 100, errorMsg: 'why' };
    expect(after('deploy', 'failed')).toEqual({ ...error, errorType: 'deploy' });
    expect(after('provision', 'failed')).toEqual({ ...error, errorType: 'provision' });
    expect(after('delete', 'failed')).toEqual({ ...error, errorType: 'deletion' });
    expect(after('stop', 'failed')).toBe(null);
  });

  it('that was stopped waits for its task, and what was ready before the stop came stays so', () => {
    expect(after('deploy', 'cancelled')).toBe(null);
    const job = { action: 'stop', releaseId: 2, isDeployedNext: false, isPartial: false } as const;
    expect(nodeAfterJob(job, { status: 'succeeded', error: '', at }, { ...node, status: 'ready' })).toBe(null);
  });
});

describe('what tasks say', () => {
  const cluster = { name: 'demo' };
  it('when they are done', () => {
    expect(titleOf('reset_environment')).toBe('Reset_Environment');
    expect(doneMessage('update', cluster, 2)).toBe("Update of environment 'demo' is done");
    expect(doneMessage('deployment', cluster, 2)).toBe("Deployment of environment 'demo' is done");
    expect(doneMessage('node_deletion', cluster, 2)).toBe('Successfully deleted 2 node(s)');
    expect(doneMessage('cluster_deletion', cluster, 0)).toBe("Environment 'demo' and all its nodes are deleted");
  });

  it('when they failed', () => {
    expect(failedMessage('update', ['n1', 'n2'], 'ignored')).toBe("Update has failed. Check these nodes:\n'n1', 'n2'");
    expect(failedMessage('update', [], 'it was late')).toBe('Update has failed. it was late');
    expect(failedMessage('provision', [], null)).toBe('Provision has failed. Unknown error');
    expect(nodeFailure('deploy', { name: 'n1' }, '')).toBe("Failed to deploy node 'n1': Unknown error");
    expect(nodeFailure('provision', { name: 'n1' }, 'no disk')).toBe("Failed to provision node 'n1': no disk");
    expect(nodeFailure('stop', { name: 'n1' }, 'x')).toBe(null);
  });
});

describe('a parent', () => {
  const child = (status: 'running' | 'ready' | 'error', message: string | null = null) => ({ status, message });
  it('is over with its children', () => {
    expect(parentEnd([child('ready', 'a'), child('running')])).toBe(null);
    expect(parentEnd([child('ready', 'a'), child('ready', ' '), child('ready', 'b')])).toEqual({
      status: 'ready',
      message: 'a\nb',
    });
    expect(parentEnd([child('error', 'a'), child('error', 'Task aborted'), child('ready', 'c')])).toEqual({
      status: 'error',
      message: 'a\nc',
    });
  });
});
