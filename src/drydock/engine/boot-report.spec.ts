import { awaitedOf, type ReportedAction, reportOf } from './boot-report.js';

function action(nodeName: string, status: ReportedAction['status'], superseded = false): ReportedAction {
  return { nodeName, actionName: `a-${status}`, status, superseded };
}

describe('the report of boot actions', () => {
  it('takes a node for good when nothing failed and nothing is missing', () => {
    const actions = [
      action('good', 'success'),
      action('good', 'unreported'),
      action('bad', 'success'),
      action('bad', 'failure'),
      action('late', 'incomplete'),
    ];
    const { result, messages } = reportOf(['good', 'bad', 'late', 'none'], actions);
    expect(result).toEqual({ status: 'partial_success', successes: ['good', 'none'], failures: ['bad', 'late'] });
    expect(messages.map(({ context, message, error }) => [context, message, error])).toEqual([
      ['good', 'Boot action a-success completed with status success', false],
      ['bad', 'Boot action a-success completed with status success', false],
      ['bad', 'Boot action a-failure completed with status failure', true],
      ['late', 'Boot action a-incomplete timed out.', true],
    ]);
  });

  it('waits for what may still come, and says of the rest that it will not', () => {
    const actions = [action('a', 'incomplete'), action('b', 'incomplete', true), action('c', 'unreported')];
    expect(awaitedOf(actions)).toBe(1);
    const { result, messages } = reportOf(['b'], [action('b', 'incomplete', true)]);
    expect(result).toMatchObject({ status: 'failure', failures: ['b'] });
    expect(messages[0]!.message).toMatch(/superseded/);
  });

  it('is a success without nodes', () => {
    expect(reportOf([], []).result.status).toBe('success');
  });
});
