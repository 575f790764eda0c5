import { emulatedImage } from '../../src/drivers/emulator/emulated-image.js';
import type { EmulatedSwitch } from '../../src/drivers/emulator/emulated-switch.js';
import { startTestApp, type TestApp, type TestAppOptions } from '../support/app.js';

export interface ApiAnswer<T = Record<string, unknown>> {
  readonly status: number;
  readonly body: T;
}

export interface ApiJob {
  readonly id: number;
  readonly device: number;
  readonly device_hostname: string;
  readonly status: string;
  readonly progress: number;
  readonly current_step: string;
  readonly error: string | null;
  readonly steps: readonly { readonly name: string; readonly status: string; readonly message: string | null }[];
}

/** What one job looked like, poll by poll; the same twice in a row is kept once. */
export interface Watched {
  readonly job: ApiJob;
  readonly statuses: readonly string[];
  readonly progress: readonly number[];
}

export const NEW_VERSION = '17.09.04a';

/** The server, and what an operator's client does with it: only HTTP, with `fetch`. */
export class FleetApi {
  private constructor(readonly app: TestApp) {}

  static async start(options: TestAppOptions = {}): Promise<FleetApi> {
    return new FleetApi(await startTestApp(options));
  }

  get sql() {
    return this.app.database.dataSource;
  }

  async call<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<ApiAnswer<T>> {
    const isForm = body instanceof FormData;
    const answer = await fetch(`${this.app.url}${path}`, {
      method,
      headers: {
        authorization: `Token ${this.app.adminToken}`,
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
    return { status: answer.status, body: (isJson ? JSON.parse(text) : text) as T };
  }

  /** As `call`, for what must have gone well. */
  async done<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.call<T>(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async upload(filename: string, bytes: Buffer, fields: Record<string, string>): Promise<number> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob([new Uint8Array(bytes)]), filename);
    return (await this.done<{ id: number }>('POST', '/api/images/images/', form)).id;
  }

  uploadIosXe(sizeBytes: number, version = NEW_VERSION): Promise<number> {
    const filename = `cat9k_iosxe.${version}.${sizeBytes}.SPA.bin`;
    return this.upload(filename, emulatedImage(version, sizeBytes), { version, platform: 'iosxe' });
  }

  async addDevice(device: Record<string, unknown>): Promise<number> {
    return (await this.done<{ id: number }>('POST', '/api/dcim/devices/', device)).id;
  }

  addSwitch(box: EmulatedSwitch, changes: Record<string, unknown> = {}): Promise<number> {
    const { hostname, username, password } = box.options;
    return this.addDevice({
      hostname,
      ip_address: '127.0.0.1',
      port: box.port,
      platform: 'iosxe',
      username,
      password,
      ...changes,
    });
  }

  /** The four documented steps, each with this configuration besides what keeps a test short. */
  async addWorkflow(name: string, config: Record<string, Record<string, unknown>> = {}): Promise<number> {
    const quick = { poll_interval: 0.3, retry_delay: 0.2 };
    const steps = [
      { name: 'Readiness Check', step_type: 'readiness', config: { snapshot: true, ...quick, ...config['readiness'] } },
      { name: 'Distribution', step_type: 'distribution', config: { ...quick, ...config['distribution'] } },
      { name: 'Activation', step_type: 'activation', config: { ...quick, timeout: 120, ...config['activation'] } },
      {
        name: 'Post-Checks',
        step_type: 'postcheck',
        config: { ...quick, convergence: 0, timeout: 120, ...config['postcheck'] },
      },
    ];
    return (await this.done<{ id: number }>('POST', '/api/core/workflows/', { name, steps })).id;
  }

  async trigger(body: Record<string, unknown>): Promise<{ job_ids: number[]; batch_id: string }> {
    return this.done('POST', '/api/upgrade/trigger/', body);
  }

  async jobs(ids: readonly number[]): Promise<readonly ApiJob[]> {
    const path = `/api/upgrade/status/?job_ids=${ids.join(',')}`;
    return (await this.done<{ jobs: ApiJob[] }>('GET', path)).jobs;
  }

  /** Polls as the documented client does, only faster, until every job has ended. */
  async watch(ids: readonly number[], withinMs = 60_000): Promise<Watched[]> {
    const seen = new Map<number, { statuses: string[]; progress: number[] }>();
    const end = Date.now() + withinMs;
    for (;;) {
      const jobs = await this.jobs(ids);
      for (const job of jobs) note(seen, job);
      if (jobs.length > 0 && jobs.every(({ status }) => ['success', 'failed', 'cancelled'].includes(status))) {
        return jobs.map((job) => ({ job, ...seen.get(job.id)! }));
      }
      if (Date.now() > end) throw new Error(`not finished in time: ${JSON.stringify(jobs)}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  log(jobId: number): Promise<string> {
    return this.done<string>('GET', `/api/core/jobs/${jobId}/log/`);
  }

  artifacts(jobId: number, type: string): Promise<string> {
    return this.done<string>('GET', `/api/core/jobs/${jobId}/download_artifacts/?type=${type}`);
  }

  device(id: number): Promise<{ version: string | null; host_key: string | null }> {
    return this.done('GET', `/api/dcim/devices/${id}/`);
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

function note(seen: Map<number, { statuses: string[]; progress: number[] }>, job: ApiJob): void {
  const { statuses, progress } = seen.get(job.id) ?? { statuses: [], progress: [] };
  if (statuses.at(-1) !== job.status) statuses.push(job.status);
  if (progress.at(-1) !== job.progress) progress.push(job.progress);
  seen.set(job.id, { statuses, progress });
}
