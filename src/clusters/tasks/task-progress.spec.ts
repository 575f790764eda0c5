import {
  deploymentProgress,
  jobsProgress,
  parentProgress,
  provisioningProgress,
  type NodeProgress,
} from './task-progress.js';

const node = (status: NodeProgress['status'], progress: number, online = true): NodeProgress => ({
  status,
  progress,
  online,
});

describe('the progress of a deployment', () => {
  it.each<[string, NodeProgress[], number]>([
    [
      'acceptance case 26 of the spec',
      [node('provisioned', 100), node('deploying', 100), node('ready', 0), node('discover', 0)],
      25,
    ],
    [
      'one node of four starts at 75',
      [node('deploying', 0), ...Array(3).fill(node('ready', 100))] as NodeProgress[],
      75,
    ],
    ['an offline node counts as done', [node('provisioned', 0, false), node('deploying', 0)], 33],
    ['an offline ready node counts twice', [node('ready', 100, false), node('deploying', 10)], 70],
    ['a failed node that is online does not count', [node('error', 100), node('deploying', 40)], 40],
    ['a failed node that is offline counts as done', [node('error', 100, false), node('deploying', 40)], 70],
    ['the integer part of the mean', [node('deploying', 1), node('deploying', 0)], 0],
    ['no nodes', [], 0],
  ])('%s', (_name, nodes, expected) => expect(deploymentProgress(nodes)).toBe(expected));
});

describe('the progress of other tasks', () => {
  it('of provisioning is the mean of what is or was provisioned', () => {
    const nodes = [node('provisioning', 50), node('provisioned', 0), node('ready', 0), node('discover', 0)];
    expect(provisioningProgress(nodes)).toBe(75);
    expect(provisioningProgress([])).toBe(0);
  });

  it('of jobs is their mean', () => {
    expect(jobsProgress([100, 51])).toBe(75);
    expect(jobsProgress([])).toBe(0);
  });

  it('of a parent is the weighted mean, rounded', () => {
    expect(
      parentProgress([
        { weight: 0.4, progress: 100 },
        { weight: 1, progress: 0 },
      ]),
    ).toBe(29);
    expect(parentProgress([])).toBe(0);
  });
});
