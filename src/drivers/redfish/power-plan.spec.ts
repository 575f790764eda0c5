import type { PowerChange } from '../boot-host/boot-host.js';
import { isUnderWay, powerPlan, powerStateOf } from './power-plan.js';

const OFF_ON = [
  { reset: 'ForceOff', until: 'Off' },
  { reset: 'On', until: 'On' },
];

describe('what is done to a machine’s power', () => {
  it.each<[PowerChange, string | null, readonly string[] | null, unknown]>([
    ['on', 'On', null, []],
    ['on', 'Off', null, [{ reset: 'On', until: 'On' }]],
    ['on', null, ['ForceOn'], [{ reset: 'ForceOn', until: 'On' }]],
    ['on', 'Off', ['ForceOff'], null],
    ['off', 'Off', null, []],
    ['off', 'On', null, [{ reset: 'ForceOff', until: 'Off' }]],
    ['off', 'On', ['GracefulShutdown'], [{ reset: 'GracefulShutdown', until: 'Off' }]],
    ['off', 'On', [], null],
    ['cycle', 'On', null, OFF_ON],
    ['cycle', 'PoweringOn', null, OFF_ON],
    ['cycle', 'Off', null, [{ reset: 'On', until: 'On' }]],
    ['cycle', 'On', ['On', 'ForceRestart'], [{ reset: 'ForceRestart', until: 'On', isBlind: true }]],
    ['cycle', 'On', ['Nmi'], null],
  ])('%s of one that is %s and takes %j', (change, state, allowed, plan) => {
    expect(powerPlan(change, state, allowed)).toEqual(plan);
  });

  it('waits for what is under way', () => {
    expect([isUnderWay('PoweringOn', 'On'), isUnderWay('PoweringOff', 'Off')]).toEqual([true, true]);
    expect([isUnderWay('PoweringOff', 'On'), isUnderWay('On', 'Off'), isUnderWay(null, 'On')]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('takes only On and Off for states that are known', () => {
    expect(['On', 'Off', 'PoweringOn', null].map(powerStateOf)).toEqual(['on', 'off', 'unknown', 'unknown']);
  });
});
