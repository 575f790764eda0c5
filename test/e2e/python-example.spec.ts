import { setTimeout as sleep } from 'node:timers/promises';
import { ADMIN_PASSWORD, startTestApp, type TestApp } from '../support/app.js';

/** The contract's Python example and its curl log-in, call by call as `requests` and curl make them. */
describe('the documented client', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp({ config: { role: 'all' } });
  });
  afterAll(() => app.close());

  it('logs in, triggers, polls until every job has ended', async () => {
    const base = `${app.url}/api`;
    const login = await fetch(`${base}/auth/login/`, {
      method: 'POST',
      // curl -d
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `username=admin&password=${encodeURIComponent(ADMIN_PASSWORD)}`,
    });
    expect(login.status).toBe(200);
    const { token } = (await login.json()) as { token: string };
    const authorization = { Authorization: `Token ${token}` };
    const headers = { ...authorization, 'content-type': 'application/json' };
    const made = async (answer: Response) => {
      expect(answer.status).toBe(201);
      return (await answer.json()) as { id: number };
    };
    const post = async (path: string, body: unknown) =>
      made(await fetch(`${base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) }));

    const form = new FormData();
    form.append('version', '17.09.04a');
    form.append('file', new Blob(['an image']), 'cat9k-universalk9.17.09.04a.SPA.bin');
    const image = await made(
      await fetch(`${base}/images/images/`, { method: 'POST', headers: authorization, body: form }),
    );
    const model = await post('/dcim/device-models/', { name: 'C9300', default_image: image.id });
    for (const [hostname, simulation] of [
      ['sw1', { step_ms: 20 }],
      ['sw2', { step_ms: 20, fail_step: 'Activation' }],
    ]) {
      await post('/dcim/devices/', {
        hostname,
        ip_address: '10.0.0.1',
        platform: 'simulated',
        model_id: model.id,
        simulation,
      });
    }

    const response = await fetch(`${base}/upgrade/trigger/`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ devices: ['sw1', 'sw2'], auto_select_image: true, execution_mode: 'parallel' }),
    });
    const { job_ids: jobIds } = (await response.json()) as { job_ids: number[] };
    expect(jobIds).toHaveLength(2);

    let jobs: { device_hostname: string; status: string; progress: number; error: string | null }[];
    const allowed = ['pending', 'scheduled', 'distributing', 'activating', 'success', 'failed', 'cancelled'];
    for (let polls = 0; ; polls += 1) {
      const query = new URLSearchParams({ job_ids: jobIds.join(',') });
      const status = await fetch(`${base}/upgrade/status/?${query.toString()}`, { headers });
      expect(status.status).toBe(200);
      jobs = ((await status.json()) as { jobs: typeof jobs }).jobs;
      for (const job of jobs) expect(allowed).toContain(job.status);
      if (jobs.every((job) => ['success', 'failed'].includes(job.status))) break;
      expect(polls).toBeLessThan(500);
      await sleep(30);
    }
    expect(jobs.map(({ device_hostname: name, status }) => [name, status])).toEqual([
      ['sw1', 'success'],
      ['sw2', 'failed'],
    ]);
    expect(jobs[0]!.progress).toBe(100);
    expect(jobs[1]!.error).toContain('Activation failed');
  });
});
