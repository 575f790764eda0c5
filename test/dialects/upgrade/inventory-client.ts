import { ADMIN_PASSWORD, startTestApp, type TestApp, type TestAppOptions } from '../../support/app.js';
import type { TestAnswer } from '../../support/request.js';

/** One user's requests to the Upgrade API. */
export class InventoryClient {
  constructor(
    readonly app: TestApp,
    private readonly authorization: string,
  ) {}

  static async start(options: TestAppOptions = {}): Promise<InventoryClient> {
    const app = await startTestApp(options);
    return new InventoryClient(app, `Token ${app.adminToken}`);
  }

  /** A new user of this role; its requests come with basic credentials. */
  async as(role: 'viewer' | 'operator'): Promise<InventoryClient> {
    const username = `${role}-${Math.random().toString(36).slice(2, 8)}`;
    const made = await this.post('/api/users/users/', { username, password: ADMIN_PASSWORD, role });
    if (made.statusCode !== 201) throw new Error(made.body);
    const credentials = Buffer.from(`${username}:${ADMIN_PASSWORD}`).toString('base64');
    return new InventoryClient(this.app, `Basic ${credentials}`);
  }

  get sql() {
    return this.app.database.dataSource;
  }

  send(method: string, url: string, payload?: unknown, headers: Record<string, string> = {}): Promise<TestAnswer> {
    return this.app.inject({ method, url, payload, headers: { authorization: this.authorization, ...headers } });
  }

  get(url: string): Promise<TestAnswer> {
    return this.send('GET', url);
  }

  post(url: string, payload?: unknown): Promise<TestAnswer> {
    return this.send('POST', url, payload);
  }

  patch(url: string, payload: unknown): Promise<TestAnswer> {
    return this.send('PATCH', url, payload);
  }

  delete(url: string): Promise<TestAnswer> {
    return this.send('DELETE', url);
  }

  /** A request that must create something; returns what was created. */
  async create<T = Record<string, unknown>>(url: string, payload: unknown): Promise<T & { id: number }> {
    const answer = await this.post(url, payload);
    if (answer.statusCode !== 201) throw new Error(`${url}: ${answer.statusCode} ${answer.body}`);
    return answer.json<T & { id: number }>();
  }

  /** Sends a form; text parts are fields, the others files. */
  form(url: string, parts: readonly FormPart[]): Promise<TestAnswer> {
    const boundary = `----slipway${Math.random().toString(36).slice(2)}`;
    const bytes = parts.flatMap(({ name, filename, content }) => [
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: application/octet-stream`}\r\n\r\n`,
      content,
      '\r\n',
    ]);
    const payload = Buffer.concat([...bytes, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece)));
    return this.send('POST', url, payload, { 'content-type': `multipart/form-data; boundary=${boundary}` });
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

export interface FormPart {
  readonly name: string;
  readonly filename?: string;
  readonly content: string | Buffer;
}
