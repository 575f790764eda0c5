import fc from 'fast-check';
import { parseDeploymentTasks } from './deployment-tasks.js';
import { groupRanks, orderTasks } from './task-graph.js';

const shell = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  type: 'shell',
  parameters: { cmd: 'true' },
  ...('groups' in more ? {} : { role: '*' }),
  ...more,
});
const group = (id: string, more: Record<string, unknown> = {}) => ({ id, type: 'group', role: [id], ...more });
const order = (raw: unknown[]) => orderTasks(parseDeploymentTasks(raw)).map(({ id }) => id);

describe('the order of deployment tasks', () => {
  it('is that of the release where nothing else is said', () => {
    expect(order([shell('c'), shell('a'), shell('b')])).toEqual(['c', 'a', 'b']);
  });

  it('puts a task after what it requires and before what it is required for', () => {
    expect(
      order([shell('late', { requires: ['mid'] }), shell('mid'), shell('early', { required_for: ['mid'] })]),
    ).toEqual(['early', 'mid', 'late']);
  });

  it('goes through stages, as Fuel’s own graph does', () => {
    expect(
      order([
        shell('post', { requires: ['post_deployment_start'] }),
        { id: 'post_deployment_start', type: 'stage', requires: ['deploy_end'] },
        { id: 'deploy_end', type: 'stage', requires: ['deploy_start'] },
        { id: 'deploy_start', type: 'stage', requires: ['pre_deployment_end'] },
        { id: 'pre_deployment_end', type: 'stage' },
        group('controller', { requires: ['deploy_start'], required_for: ['deploy_end'] }),
        shell('main', { groups: ['controller'] }),
        shell('pre', { required_for: ['pre_deployment_end'] }),
      ]),
    ).toEqual([
      'pre',
      'pre_deployment_end',
      'deploy_start',
      'controller',
      'main',
      'deploy_end',
      'post_deployment_start',
      'post',
    ]);
  });

  it('lets a task belong to groups that follow one another', () => {
    const raw = [
      { id: 'deploy_start', type: 'stage' },
      group('controller', { requires: ['primary-controller'] }),
      group('primary-controller', { requires: ['deploy_start'] }),
      shell('both', { groups: ['primary-controller', 'controller'] }),
      shell('first', { groups: ['primary-controller'], required_for: ['both'] }),
    ];
    expect(order(raw)).toEqual(['deploy_start', 'primary-controller', 'first', 'both', 'controller']);
    expect([...groupRanks(parseDeploymentTasks(raw))]).toEqual([
      ['primary-controller', 0],
      ['controller', 1],
    ]);
  });

  it('does the tasks of an earlier group first on a node that has both', () => {
    expect(
      order([
        shell('storage', { groups: ['cinder'] }),
        shell('api', { groups: ['controller'] }),
        group('cinder', { requires: ['controller'] }),
        group('controller'),
      ]),
    ).toEqual(['controller', 'api', 'cinder', 'storage']);
  });

  it('keeps every requirement of any graph without circles', () => {
    const graphs = fc.array(fc.array(fc.nat(11), { maxLength: 4 }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(graphs, fc.boolean(), (edges, reversed) => {
        // Only from higher to lower numbers: no circle can come about.
        const raw = edges.map((targets, from) =>
          shell(`t${from}`, { requires: targets.filter((to) => to < from).map((to) => `t${to}`) }),
        );
        const found = order(reversed ? raw.toReversed() : raw);
        expect([...found].sort()).toEqual(raw.map(({ id }) => id).sort());
        for (const [from, targets] of edges.entries()) {
          for (const to of targets.filter((target) => target < from)) {
            expect(found.indexOf(`t${to}`)).toBeLessThan(found.indexOf(`t${from}`));
          }
        }
      }),
    );
  });
});

describe('the rounds of groups', () => {
  it('come one after the last of all groups before them, near or far', () => {
    const graphs = fc.array(fc.tuple(fc.boolean(), fc.array(fc.nat(9), { maxLength: 3 })), {
      minLength: 10,
      maxLength: 10,
    });
    fc.assert(
      fc.property(graphs, (graph) => {
        const before = graph.map(([, targets], from) => targets.filter((to) => to < from));
        const raw = graph.map(([isGroup], from) => {
          const requires = before[from]!.map((to) => `t${to}`);
          return isGroup ? group(`t${from}`, { requires }) : { id: `t${from}`, type: 'stage', requires };
        });
        // The longest way down, in groups.
        const depth = (from: number): number =>
          (graph[from]![0] ? 1 : 0) + before[from]!.reduce((most, to) => Math.max(most, depth(to)), 0);
        const ranks = groupRanks(parseDeploymentTasks(raw));
        const expected = graph.flatMap(([isGroup], from) => (isGroup ? [[`t${from}`, depth(from) - 1]] : []));
        expect(Object.fromEntries(ranks)).toEqual(Object.fromEntries(expected));
      }),
    );
  });
});
