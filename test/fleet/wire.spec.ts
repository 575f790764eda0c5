import { FleetApp, problemOf } from './fleet.js';

describe('/fleet/v1', () => {
  let fleet: FleetApp;
  beforeAll(async () => {
    fleet = await FleetApp.start();
  });
  afterAll(() => fleet.close());

  it('words what is not there as a problem with a stable type', async () => {
    const answer = await fleet.call('GET', '/nothing-here');
    expect(answer.statusCode).toBe(404);
    expect(problemOf(answer)).toBe('route_not_found');
  });
});
