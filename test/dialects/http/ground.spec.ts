import { startTestApp, type TestApp } from '../../support/app.js';

describe('the ground', () => {
  let running: TestApp;
  beforeAll(async () => {
    running = await startTestApp();
  });
  afterAll(() => running.close());

  it('is ready', async () => {
    const answer = await running.inject('/health/ready');
    expect(answer.json()).toMatchObject({ status: 'ok' });
  });
});
