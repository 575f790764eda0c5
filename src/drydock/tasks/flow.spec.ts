import { type FlowTask, type NewPart, nextOf } from './flow.js';
import type { PartResult } from './result.js';

/** Plays a task to its end; `fails` says which nodes of a part fail. */
function play(task: FlowTask, fails: (part: NewPart) => readonly string[] = () => []) {
  const started: NewPart[][] = [];
  const ended: PartResult[] = [];
  for (;;) {
    const next = nextOf(task, ended);
    if (next.next === 'end') return { started, result: next.result };
    started.push([...next.parts]);
    for (const part of next.parts) {
      const failures = fails(part);
      const successes = part.nodeNames.filter((name) => !failures.includes(name));
      const status = failures.length === 0 ? 'success' : successes.length > 0 ? 'partial_success' : 'failure';
      ended.push({ action: part.action, nodeNames: part.nodeNames, status, successes, failures: [...failures] });
    }
    if (started.length > 20) throw new Error('no end');
  }
}

function shown(started: NewPart[][]): string[] {
  return started.flat().map(({ action, nodeNames, retry }) => `${action} ${nodeNames.join(',')} ${retry}`);
}

describe('deploying nodes', () => {
  const task = { action: 'deploy_nodes', nodeNames: ['a', 'b', 'c'] };

  it('networks, then storage, platform, the deployment and its report', () => {
    const { started, result } = play(task);
    expect(shown(started)).toEqual([
      'apply_node_networking a,b,c 0',
      'apply_node_storage a,b,c 0',
      'apply_node_platform a,b,c 0',
      'deploy_node a,b,c 0',
      'bootaction_report a,b,c 0',
    ]);
    expect(result).toEqual({ status: 'success', successes: ['a', 'b', 'c'], failures: [] });
  });

  it('goes on with the nodes that got this far', () => {
    const { started, result } = play(task, ({ action }) =>
      action === 'apply_node_networking' ? ['b'] : action === 'bootaction_report' ? ['c'] : [],
    );
    expect(shown(started).slice(1)).toEqual([
      'apply_node_storage a,c 0',
      'apply_node_platform a,c 0',
      'deploy_node a,c 0',
      'bootaction_report a,c 0',
    ]);
    expect(result).toEqual({ status: 'partial_success', successes: ['a'], failures: ['b', 'c'] });
  });

  it('tries the nodes that failed to deploy three times in all', () => {
    const { started, result } = play(task, ({ action, retry }) =>
      action !== 'deploy_node' ? [] : retry === 0 ? ['a', 'b'] : ['b'],
    );
    expect(shown(started).slice(3)).toEqual([
      'deploy_node a,b,c 0',
      'deploy_node a,b 1',
      'deploy_node b 2',
      'bootaction_report a,c 0',
    ]);
    expect(result).toEqual({ status: 'partial_success', successes: ['a', 'c'], failures: ['b'] });
  });

  it('ends as a failure when no node is left, without a report', () => {
    const { started, result } = play(task, ({ action, nodeNames }) => (action === 'deploy_node' ? nodeNames : []));
    expect(shown(started).at(-1)).toBe('deploy_node a,b,c 2');
    expect(result).toEqual({ status: 'failure', successes: [], failures: ['a', 'b', 'c'] });
  });

  it('has nothing to do without nodes', () => {
    expect(play({ action: 'deploy_nodes', nodeNames: [] })).toEqual({
      started: [],
      result: { status: 'success', successes: [], failures: [] },
    });
  });
});

describe('the other tasks', () => {
  it('prepare each of several nodes in a part of its own', () => {
    const { started, result } = play({ action: 'prepare_nodes', nodeNames: ['a', 'b'] }, ({ nodeNames }) =>
      nodeNames.filter((name) => name === 'b'),
    );
    expect(started).toHaveLength(1);
    expect(shown(started)).toEqual(['prepare_nodes a 0', 'prepare_nodes b 0']);
    expect(result).toEqual({ status: 'partial_success', successes: ['a'], failures: ['b'] });
  });

  it('prepare one node in five steps, and stop where it fails', () => {
    const all = play({ action: 'prepare_nodes', nodeNames: ['a'] });
    expect(all.started.flat().map(({ action }) => action)).toEqual([
      'identify_node',
      'set_node_boot',
      'power_cycle_node',
      'identify_node',
      'configure_hardware',
    ]);
    const broken = play({ action: 'prepare_nodes', nodeNames: ['a'] }, ({ action }) =>
      action === 'power_cycle_node' ? ['a'] : [],
    );
    expect(broken.started).toHaveLength(3);
    expect(broken.result).toEqual({ status: 'failure', successes: [], failures: ['a'] });
  });

  it('ask the controllers of each kind in a part of its own', () => {
    const { started } = play({ action: 'verify_nodes', nodeNames: ['a', 'b', 'c'], groups: [['a', 'c'], ['b']] });
    expect(started).toHaveLength(1);
    expect(shown(started)).toEqual(['interrogate_oob a,c 0', 'interrogate_oob b 0']);
  });

  it('prepare the site in three parts, all of them', () => {
    const { started, result } = play({ action: 'prepare_site', nodeNames: [] });
    expect(started.flat().map(({ action }) => action)).toEqual([
      'create_network_template',
      'configure_user_credentials',
      'configure_node_provisioner',
    ]);
    expect(result.status).toBe('success');
  });

  it.each([
    ['destroy_nodes', 'destroy_node'],
    ['relabel_nodes', 'relabel_node'],
  ])('%s is %s', (action, part) => {
    expect(shown(play({ action, nodeNames: ['a'] }).started)).toEqual([`${part} a 0`]);
  });
});
