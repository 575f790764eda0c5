import type { EnvironmentStepStatus as StepStatus } from '../records/environment-step.entity.js';
import type { WorkflowInterruption as Interruption } from '../records/environment-workflow.entity.js';
import { completedPart, counts, endOfFlow, interrupts, nextSteps, type FlowStep } from './flow.js';

let id = 0;

function step(phase: string, after: readonly string[] = [], more: Partial<FlowStep> = {}): FlowStep {
  id += 1;
  const status: StepStatus = more.status ?? 'Requested';
  return { id, regular: true, phase, after, ignoreFail: false, status, isStarted: status !== 'Requested', ...more };
}

function phasesOf(steps: readonly FlowStep[], interruption: Interruption | null = null): string[] {
  return nextSteps(interruption, steps).map(({ phase }) => phase);
}

describe('the steps to start next', () => {
  it('are all those whose preceding phases are done: A beside B, then C, then D', () => {
    const flow = (a: StepStatus, b: StepStatus, c: StepStatus) => [
      step('a', [], { status: a }),
      step('b', [], { status: b }),
      step('c', ['a', 'b'], { status: c }),
      step('d', ['c']),
    ];
    expect(phasesOf(flow('Requested', 'Requested', 'Requested'))).toEqual(['a', 'b']);
    expect(phasesOf(flow('Successful', 'Running', 'Requested'))).toEqual([]);
    expect(phasesOf(flow('Successful', 'Successful', 'Requested'))).toEqual(['c']);
    expect(phasesOf(flow('Successful', 'Successful', 'Running'))).toEqual([]);
    expect(phasesOf(flow('Successful', 'Successful', 'Failed'))).toEqual(['d']);
  });

  it('wait for every step of a phase, one that is waiting for its worker too', () => {
    const rest = step('b', ['a']);
    expect(phasesOf([step('a', [], { status: 'Successful' }), step('a', [], { status: 'Running' }), rest])).toEqual([]);
    expect(phasesOf([step('a', [], { isStarted: true }), rest])).toEqual([]);
    expect(phasesOf([step('a', [], { status: 'Successful' }), step('a', [], { status: 'Failed' }), rest])).toEqual([
      'b',
    ]);
  });

  it('take a phase that nobody has for done', () => {
    expect(phasesOf([step('b', ['nobody'])])).toEqual(['b']);
  });

  it('are none of the regular ones after an interruption', () => {
    for (const interruption of ['cancel', 'timeout', 'failure'] as const) {
      expect(phasesOf([step('a')], interruption)).toEqual([]);
    }
  });

  it('are the rescue steps after a failure, in their phases, when nothing else is at work', () => {
    const rescue = (status: StepStatus = 'Requested') => [
      step('r1', [], { regular: false, status }),
      step('r2', ['r1'], { regular: false }),
    ];
    const failed = step('a', [], { status: 'Failed' });
    expect(phasesOf([failed, step('b', [], { status: 'Running' }), ...rescue()], 'failure')).toEqual([]);
    expect(phasesOf([failed, step('b', ['a']), ...rescue()], 'failure')).toEqual(['r1']);
    // Cleaning up is done as far as it goes.
    expect(phasesOf([failed, ...rescue('Failed')], 'failure')).toEqual(['r2']);
    expect(phasesOf([failed, ...rescue()], 'cancel')).toEqual([]);
    expect(phasesOf([failed, ...rescue()])).toEqual([]);
  });
});

describe('the end of a workflow', () => {
  it.each<[Interruption | null, StepStatus[], string]>([
    [null, [], 'Successful'],
    [null, ['Successful', 'Successful'], 'Successful'],
    [null, ['Failed', 'Successful'], 'Warning'],
    [null, ['Successful', 'Requested'], 'Failed'],
    [null, ['Canceled'], 'Failed'],
    ['failure', ['Successful', 'Failed', 'Requested'], 'Failed'],
    ['timeout', ['Canceled'], 'Failed'],
    ['cancel', ['Successful'], 'Canceled'],
  ])('after %s with steps %j is %s', (interruption, statuses, expected) => {
    const steps = statuses.map((status) => step('a', [], { status, ignoreFail: true }));
    expect(endOfFlow(interruption, steps)).toBe(expected);
  });

  it('is not changed by what the rescue steps did', () => {
    const rescued = step('r', [], { regular: false, status: 'Successful' });
    expect(endOfFlow('failure', [step('a', [], { status: 'Failed' }), rescued])).toBe('Failed');
    expect(endOfFlow(null, [step('a', [], { status: 'Successful' }), { ...rescued, status: 'Failed' }])).toBe(
      'Successful',
    );
  });
});

describe('a step that ended', () => {
  const plain = { regular: true, ignoreFail: false };
  const ignored = { regular: true, ignoreFail: true };
  const rescue = { regular: false, ignoreFail: false };

  it('interrupts the flow when it failed, is not ignored and is no rescue', () => {
    expect(interrupts(plain, 'Failed')).toBe(true);
    expect(interrupts(plain, 'Successful')).toBe(false);
    expect(interrupts(ignored, 'Failed')).toBe(false);
    expect(interrupts(rescue, 'Failed')).toBe(false);
  });

  it('counts when it succeeded or its failure was ignored, and the flow went on', () => {
    expect(counts(null, plain, 'Successful')).toBe(true);
    expect(counts(null, ignored, 'Failed')).toBe(true);
    expect(counts(null, plain, 'Failed')).toBe(false);
    expect(counts('failure', plain, 'Successful')).toBe(false);
    expect(counts(null, rescue, 'Successful')).toBe(false);
  });

  it('makes three of seven 0.43, and none of none 0', () => {
    expect(completedPart(3, 7)).toBe(0.43);
    expect(completedPart(0, 0)).toBe(0);
    expect(completedPart(7, 7)).toBe(1);
  });
});
