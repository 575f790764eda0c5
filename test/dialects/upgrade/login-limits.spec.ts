import { ADMIN_PASSWORD, ADMIN_TOKEN, startTestApp, type TestApp } from '../../support/app.js';
import type { TestAnswer } from '../../support/request.js';

const LIMIT = 5;
const REFUSALS_PER_MINUTE = 600;

describe('limits on failures', () => {
  let running: TestApp;
  beforeAll(async () => {
    running = await startTestApp({ config: { loginFailuresPerMinute: LIMIT, trustedProxies: ['127.0.0.1'] } });
    const headers = { authorization: `Token ${ADMIN_TOKEN}` };
    for (const username of ['ann', 'bob', 'cy']) {
      await running.inject({
        method: 'POST',
        url: '/api/users/users/',
        headers,
        payload: { username, password: `${username}-right` },
      });
    }
  });
  afterAll(() => running.close());

  const login = (username: string, password: string, address: string): Promise<TestAnswer> =>
    running.inject({
      method: 'POST',
      url: '/api/auth/login/',
      payload: { username, password },
      headers: { 'x-forwarded-for': address },
    });
  const statuses = (answers: TestAnswer[]): Record<number, number> => {
    const counts: Record<number, number> = {};
    for (const { statusCode } of answers) counts[statusCode] = (counts[statusCode] ?? 0) + 1;
    return counts;
  };
  const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => make(index)));

  it('lets only so many of fifty wrong guesses at once be tried', async () => {
    const answers = await times(50, (index) => login('ann', `guess ${index}`, '192.0.2.1'));
    expect(statuses(answers)).toEqual({ 401: LIMIT, 429: 50 - LIMIT });
    const throttled = answers.find(({ statusCode }) => statusCode === 429);
    const seconds = Number(throttled?.headers['retry-after']);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(throttled?.json()).toEqual({
      detail: `Request was throttled. Expected available in ${seconds} seconds.`,
    });
  });

  it('throttles a user name at an address, not that name elsewhere nor others there', async () => {
    expect((await login('ann', 'ann-right', '192.0.2.1')).statusCode).toBe(429);
    expect((await login('ann', 'ann-right', '192.0.2.2')).statusCode).toBe(200);
    expect((await login('bob', 'bob-right', '192.0.2.1')).statusCode).toBe(200);
  });

  it('takes fifty right ones at once', async () => {
    const answers = await times(50, () => login('bob', 'bob-right', '192.0.2.3'));
    expect(statuses(answers)).toEqual({ 200: 50 });
  });

  it('takes right ones among wrong ones until the limit is reached, and counts each wrong one', async () => {
    const wrong = await times(LIMIT - 1, (index) => login('cy', `wrong ${index}`, '192.0.2.4'));
    expect(statuses(wrong)).toEqual({ 401: LIMIT - 1 });
    // A success forgets the failures before it.
    expect((await login('cy', 'cy-right', '192.0.2.4')).statusCode).toBe(200);
    const more = await times(LIMIT - 1, (index) => login('cy', `wrong ${index}`, '192.0.2.4'));
    expect(statuses(more)).toEqual({ 401: LIMIT - 1 });
    expect((await login('cy', 'wrong', '192.0.2.4')).statusCode).toBe(401);
    expect((await login('cy', 'cy-right', '192.0.2.4')).statusCode).toBe(429);
  });

  it('limits names that do not exist as well, and bad requests not at all', async () => {
    const answers = await times(LIMIT + 3, (index) => login('nobody', `guess ${index}`, '192.0.2.5'));
    expect(statuses(answers)).toEqual({ 401: LIMIT, 429: 3 });
    const blank = await times(LIMIT + 3, () => login('', '', '192.0.2.6'));
    expect(statuses(blank)).toEqual({ 400: LIMIT + 3 });
  });

  it('answers 429 to refused tokens past 600 a minute, and never to a valid one', async () => {
    const me = (authorization: string, address: string) =>
      running.inject({ url: '/api/auth/me/', headers: { authorization, 'x-forwarded-for': address } });
    const basic = `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}`;
    const refused = await times(REFUSALS_PER_MINUTE, () => me('Token nope', '192.0.2.9'));
    expect(statuses(refused)).toEqual({ 401: REFUSALS_PER_MINUTE });
    const next = await me('Token nope', '192.0.2.9');
    expect(next.statusCode).toBe(429);
    expect(Number(next.headers['retry-after'])).toBeGreaterThan(0);
    expect((await me('Basic eDp5', '192.0.2.9')).statusCode).toBe(429);
    expect((await me(`Token ${ADMIN_TOKEN}`, '192.0.2.9')).statusCode).toBe(200);
    expect((await me(basic, '192.0.2.9')).statusCode).toBe(200);
    expect((await me('Token nope', '192.0.2.10')).statusCode).toBe(401);
  });
});
