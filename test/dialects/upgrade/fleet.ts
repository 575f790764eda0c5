import { startTestApp, type TestApp, type TestAppOptions } from '../../support/app.js';

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  // The specs look at whatever shape an answer has.
  readonly body: never;
}

export interface DeviceRow {
  hostname: string;
  platform?: string;
  version?: string | null;
  modelId?: number | null;
  siteId?: number | null;
  simulation?: object;
  port?: number;
}

/** The application with an inventory in it, for specs of the rollout; rows are put into the tables directly. */
export class Fleet {
  private constructor(readonly app: TestApp) {}

  static async start(options: TestAppOptions = {}): Promise<Fleet> {
    return new Fleet(await startTestApp({ ...options, config: { role: 'all', ...options.config } }));
  }

  get sql() {
    return this.app.database.dataSource;
  }

  async addImage(filename: string, version: string, platform: string | null = null): Promise<number> {
    const [row] = await this.sql.query<{ id: number }[]>(
      `insert into images (filename, version, platform, status, size_bytes, md5, pull_token)
       values ($1, $2, $3, 'ready', 1000, 'd41d8cd98f00b204e9800998ecf8427e', 'x') returning id`,
      [filename, version, platform],
    );
    return row!.id;
  }

  async addModel(name: string, imageId: number | null): Promise<number> {
    const [row] = await this.sql.query<{ id: number }[]>(
      'insert into device_models (name, default_image_id) values ($1, $2) returning id',
      [name, imageId],
    );
    return row!.id;
  }

  async addDevice(device: DeviceRow): Promise<number> {
    const [row] = await this.sql.query<{ id: number }[]>(
      `insert into devices (hostname, ip_address, platform, version, model_id, site_id, simulation, port)
       values ($1, '127.0.0.1', $2, $3, $4, $5, $6, $7) returning id`,
      [
        device.hostname,
        device.platform ?? 'simulated',
        device.version ?? null,
        device.modelId ?? null,
        device.siteId ?? null,
        JSON.stringify(device.simulation ?? { step_ms: 5 }),
        device.port ?? 22,
      ],
    );
    return row!.id;
  }

  async call(
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const isText = typeof body === 'string';
    const answer = await this.app.inject({
      method,
      url: path,
      headers: {
        authorization: `Token ${this.app.adminToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: isText ? body : JSON.stringify(body) }),
    });
    return { status: answer.statusCode, headers: answer.headers, body: parsed(answer.body) as never };
  }

  trigger(body: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.call('POST', '/api/upgrade/trigger/', body, headers);
  }

  async jobs(ids: readonly number[]): Promise<Job[]> {
    const { body } = await this.call('GET', `/api/upgrade/status/?job_ids=${ids.join(',')}`);
    return (body as { jobs: Job[] }).jobs;
  }

  /** Polls as the documented client does, only faster, until every job has ended. */
  async finished(ids: readonly number[], withinMs = 55_000): Promise<Job[]> {
    const end = Date.now() + withinMs;
    for (;;) {
      const jobs = await this.jobs(ids);
      if (jobs.length > 0 && jobs.every(({ status }) => ['success', 'failed', 'cancelled'].includes(status)))
        return jobs;
      if (Date.now() > end) throw new Error(`not finished in time: ${JSON.stringify(jobs.map((job) => job.status))}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

export interface Job {
  id: number;
  device: number;
  device_hostname: string;
  status: string;
  progress: number;
  current_step: string;
  image_filename: string;
  error: string | null;
  steps: { name: string; status: string; message: string | null }[];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
