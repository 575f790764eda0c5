import type { Calendar } from '../../orchestration/calendar/open-times.js';
import { forecast, type ForecastWish } from './forecast.js';

const HOUR = 3_600_000;
const at = (text: string) => Date.parse(`2026-06-${text}:00Z`);
const shown = (moment: number | null) => (moment === null ? null : new Date(moment).toISOString().slice(8, 16));

function nightly(hour: number, hours: number): Calendar {
  const starts = Date.parse('2026-01-01T00:00Z') + hour * HOUR;
  const window = { name: 'n', zone: 'UTC', starts, durationMin: hours * 60, recurrence: 'FREQ=DAILY' };
  return { groups: [{ of: 'everything', windows: [window] }], blackouts: [] };
}
const OPEN: Calendar = { groups: [], blackouts: [] };
const NEVER: Calendar = { groups: [{ of: 'the batch', windows: [] }], blackouts: [] };

function wave(calendar: Calendar, count = 1, soakHours = 0) {
  return { label: '', soakMs: soakHours * HOUR, groups: [{ calendar, count, label: 'sw1' }] };
}
function seen(wish: Partial<ForecastWish> & Pick<ForecastWish, 'waves'>) {
  const { waves, misfit } = forecast({ from: at('01T12:00'), deadline: null, targetMs: 0, atOnce: null, ...wish });
  return {
    waves: waves.map(({ opensAt, firstStart, lastStart, endsAt }) =>
      [opensAt, firstStart, lastStart, endsAt].map(shown),
    ),
    misfit: misfit && `${misfit.wave}: ${misfit.why}`,
  };
}

describe('the forecast of a batch', () => {
  it('without a calendar everything starts at once, soaks apart', () => {
    expect(seen({ waves: [wave(OPEN, 5, 2), wave(OPEN, 50)] })).toEqual({
      waves: [
        ['01T12:00', '01T12:00', '01T12:00', '01T12:00'],
        ['01T14:00', '01T14:00', '01T14:00', '01T14:00'],
      ],
      misfit: null,
    });
  });

  it('each wave waits for its window after the one before and its soak', () => {
    expect(seen({ waves: [wave(nightly(1, 3), 1, 4), wave(nightly(1, 3))] }).waves).toEqual([
      ['01T12:00', '02T01:00', '02T01:00', '02T01:00'],
      ['02T05:00', '03T01:00', '03T01:00', '03T01:00'],
    ]);
  });

  it('counts how long targets take and how many go at once, over several nights', () => {
    // Three hours hold three rounds of an hour: 2 at once are 6 a night.
    expect(seen({ targetMs: HOUR, atOnce: 2, waves: [wave(nightly(1, 3), 14)] }).waves).toEqual([
      ['01T12:00', '02T01:00', '04T01:00', '04T02:00'],
    ]);
    // What begins in the window may end outside it: the fourth of an hour and a half begins at 02:30.
    expect(seen({ targetMs: 1.5 * HOUR, atOnce: 1, waves: [wave(nightly(1, 3), 2)] }).waves).toEqual([
      ['01T12:00', '02T01:00', '02T02:30', '02T04:00'],
    ]);
  });

  it('a wave is as slow as its slowest targets', () => {
    const groups = [
      { calendar: OPEN, count: 3, label: 'a' },
      { calendar: nightly(5, 1), count: 1, label: 'b' },
    ];
    expect(seen({ waves: [{ label: 'x', soakMs: 0, groups }] }).waves).toEqual([
      ['01T12:00', '01T12:00', '02T05:00', '02T05:00'],
    ]);
  });

  it.each([
    [
      'a window after the deadline',
      { deadline: at('02T00:30'), waves: [wave(nightly(1, 3))] },
      '0: sw1 may start at 2026-06-02T01:00:00.000Z at the earliest',
    ],
    [
      'a second wave that opens after it',
      { deadline: at('02T03:00'), waves: [wave(nightly(1, 3), 1, 4), wave(OPEN)] },
      '1: it would open at 2026-06-02T05:00:00.000Z, after the deadline',
    ],
    [
      'too many for the nights there are',
      { deadline: at('03T12:00'), targetMs: HOUR, atOnce: 2, waves: [wave(nightly(1, 3), 14)] },
      '0: not all of its 14 targets',
    ],
    ['a window that never opens', { waves: [wave(OPEN), wave(NEVER)] }, '1: sw1 has no window'],
  ])('%s does not fit', (_what, wish, why) => expect(seen(wish).misfit).toContain(why));

  it('what is begun with before the deadline fits, to the minute', () => {
    expect(seen({ deadline: at('02T01:00'), waves: [wave(nightly(1, 3))] }).misfit).not.toBeNull();
    expect(seen({ deadline: at('02T01:01'), waves: [wave(nightly(1, 3))] }).misfit).toBeNull();
  });
});
