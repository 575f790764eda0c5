import type { ResultStatus } from '../records/site-task.entity.js';
import { aligned, bubbled, NOTHING_YET, type PartResult, settled, withFailure, withSuccess } from './result.js';

function part(action: string, status: ResultStatus, successes: string[], failures: string[]): PartResult {
  return { action, status, successes, failures, nodeNames: [...successes, ...failures] };
}

describe('a success and a failure', () => {
  it.each<[ResultStatus, ResultStatus, ResultStatus]>([
    ['incomplete', 'success', 'failure'],
    ['success', 'success', 'partial_success'],
    ['failure', 'partial_success', 'failure'],
    ['partial_success', 'partial_success', 'partial_success'],
  ])('make of %s %s and %s', (from, success, failure) => {
    expect(withSuccess({ ...NOTHING_YET, status: from }).status).toBe(success);
    expect(withFailure({ ...NOTHING_YET, status: from }).status).toBe(failure);
  });

  it('name a node once, in the order they came', () => {
    const result = ['n2', 'n1', 'n2'].reduce((sum, name) => withSuccess(sum, name), NOTHING_YET);
    expect(withFailure(result, 'n3')).toEqual({
      status: 'partial_success',
      successes: ['n2', 'n1'],
      failures: ['n3'],
    });
  });
});

describe('the nodes of a whole', () => {
  it('are the successes of one action and the failures of all', () => {
    const parts = [
      part('network', 'partial_success', ['a', 'b'], ['c']),
      part('report', 'partial_success', ['a'], ['b']),
    ];
    expect(bubbled(NOTHING_YET, parts, 'report')).toMatchObject({ successes: ['a'], failures: ['c', 'b'] });
    expect(bubbled(NOTHING_YET, parts)).toMatchObject({ successes: ['a', 'b'], failures: ['c', 'b'] });
  });

  it('have failed only if their last attempt did, and keep what failed before the attempts', () => {
    const parts = [
      part('network', 'partial_success', ['a', 'b', 'c'], ['d']),
      part('deploy', 'partial_success', ['a'], ['b', 'c']),
      part('deploy', 'partial_success', ['b'], ['c']),
    ];
    expect(bubbled(NOTHING_YET, parts, 'deploy')).toMatchObject({ successes: ['a', 'b'], failures: ['d', 'c'] });
  });
});

describe('the status of a whole', () => {
  it.each<[ResultStatus[], ResultStatus]>([
    [[], 'success'],
    [['success', 'success'], 'success'],
    [['failure', 'failure'], 'failure'],
    [['success', 'failure'], 'partial_success'],
    [['partial_success'], 'partial_success'],
    [['incomplete'], 'incomplete'],
  ])('is of %j %s', (statuses, whole) => {
    const parts = statuses.map((status) => part('x', status, [], []));
    expect(aligned({ ...NOTHING_YET, status: 'failure' }, parts).status).toBe(whole);
  });

  it('counts the parts of one action where one is named', () => {
    const parts = [part('x', 'failure', [], []), part('y', 'success', [], [])];
    expect(aligned(NOTHING_YET, parts, 'y').status).toBe('success');
  });

  it('is that of the observed mixed run: partial_success (spec drydock section 6.2)', () => {
    const nodes = ['controller01', 'compute01', 'compute02'];
    const parts = [
      part('deploy_node', 'success', nodes, []),
      part('bootaction_report', 'partial_success', ['compute01'], ['controller01', 'compute02']),
    ];
    expect(settled(NOTHING_YET, parts, 'bootaction_report')).toEqual({
      status: 'partial_success',
      successes: ['compute01'],
      failures: ['controller01', 'compute02'],
    });
  });

  it('is no success when a node failed before the action that counts', () => {
    const network = part('network', 'partial_success', ['a'], ['b']);
    expect(settled(NOTHING_YET, [network, part('report', 'success', ['a'], [])], 'report').status).toBe(
      'partial_success',
    );
    expect(settled(NOTHING_YET, [part('network', 'failure', [], ['a', 'b'])], 'report')).toEqual({
      status: 'failure',
      successes: [],
      failures: ['a', 'b'],
    });
  });
});
