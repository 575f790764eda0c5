import { IMAGE_TRANSITIONS, NODE_TRANSITIONS, POOL_STATES, sourcesOf, stateName } from './states.js';

describe('the states of the pool', () => {
  it('have the numbers of the original', () => {
    expect(POOL_STATES).toEqual({ building: 1, ready: 2, used: 3, delete: 4, hold: 5, test: 6 });
    expect([1, 2, 3, 4, 5, 6, 7].map(stateName)).toEqual([
      'building',
      'ready',
      'used',
      'delete',
      'hold',
      'test',
      undefined,
    ]);
  });

  it('let nothing out of delete, and everything into it', () => {
    expect([NODE_TRANSITIONS.delete, IMAGE_TRANSITIONS.delete]).toEqual([[], []]);
    expect(sourcesOf(NODE_TRANSITIONS, 'delete')).toEqual(['building', 'ready', 'used', 'test', 'hold']);
    expect(sourcesOf(IMAGE_TRANSITIONS, 'delete')).toEqual(['building', 'ready']);
  });

  it('make a node ready by its launch, its test, or an end of its hold only', () => {
    expect(sourcesOf(NODE_TRANSITIONS, 'ready')).toEqual(['building', 'test', 'hold']);
    expect(sourcesOf(NODE_TRANSITIONS, 'building')).toEqual(['hold']);
    expect(sourcesOf(IMAGE_TRANSITIONS, 'ready')).toEqual(['building']);
  });

  it('give images three of the six', () => {
    for (const state of ['used', 'hold', 'test'] as const) {
      expect([IMAGE_TRANSITIONS[state], sourcesOf(IMAGE_TRANSITIONS, state)]).toEqual([[], []]);
    }
  });
});
