import { ENVIRONMENT_TRANSITIONS, statusAfter, type EndedWorkflow } from './environment-states.js';

describe('an environment after its workflow', () => {
  it.each<[EndedWorkflow, string]>([
    [{ status: 'Successful', isDestroy: false, restoreStatus: null }, 'Ready'],
    [{ status: 'Warning', isDestroy: false, restoreStatus: null }, 'Ready'],
    [{ status: 'Successful', isDestroy: true, restoreStatus: null }, 'Destroyed'],
    [{ status: 'Warning', isDestroy: true, restoreStatus: null }, 'Destroyed'],
    [{ status: 'Failed', isDestroy: false, restoreStatus: null }, 'Broken'],
    [{ status: 'Failed', isDestroy: true, restoreStatus: null }, 'Broken'],
    [{ status: 'Canceled', isDestroy: false, restoreStatus: null }, 'Broken'],
    [{ status: 'Failed', isDestroy: false, restoreStatus: 'Ready' }, 'Ready'],
    [{ status: 'Successful', isDestroy: false, restoreStatus: 'Broken' }, 'Broken'],
  ])('%j is %s', (ended, expected) => {
    const status = statusAfter(ended);
    expect(status).toBe(expected);
    expect(ENVIRONMENT_TRANSITIONS.Busy).toContain(status);
  });
});
