/** What the demo knows of a list's page. */
interface Page<T> {
  readonly results: readonly T[];
}

/** The server answered with something else than success; the message says to what, and what it said. */
export class ApiError extends Error {
  constructor(
    request: string,
    readonly status: number,
    body: string,
  ) {
    super(`${request} was answered ${status}: ${body.slice(0, 500)}`);
  }
}

/** A client of the public API, as anybody could write one: the demo has no other way into the server. */
export class ApiClient {
  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly signal: AbortSignal,
  ) {}

  get<T>(path: string, query: Readonly<Record<string, string>> = {}): Promise<T> {
    const search = new URLSearchParams(query).toString();
    return this.send<T>('GET', search === '' ? path : `${path}?${search}`);
  }

  post<T>(path: string, body: unknown): Promise<T> {
    return this.send<T>('POST', path, body);
  }

  /** Creates the object, or brings the one of that name to the same state: the demo may run where it ran before. */
  async ensure<T extends { readonly id: number }>(path: string, key: string, body: Fields): Promise<T> {
    const page = await this.get<Page<T>>(path, { [key]: String(body[key]) });
    const [found] = page.results;
    return found ? this.send<T>('PATCH', `${path}${found.id}/`, body) : this.post<T>(path, body);
  }

  async find<T>(path: string, query: Readonly<Record<string, string>>): Promise<readonly T[]> {
    return (await this.get<Page<T>>(path, query)).results;
  }

  /** Is the file behind that address really there? Asks for its first byte. */
  async hasBytes(path: string): Promise<boolean> {
    const response = await fetch(this.url + path, {
      headers: { ...this.headers, range: 'bytes=0-0' },
      signal: this.signal,
    });
    await response.body?.cancel();
    return response.ok;
  }

  upload<T>(path: string, filename: string, bytes: Buffer, fields: Readonly<Record<string, string>>): Promise<T> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    form.set('file', new Blob([new Uint8Array(bytes)]), filename);
    return this.send<T>('POST', path, form);
  }

  private get headers(): Record<string, string> {
    return { authorization: `Token ${this.token}` };
  }

  private async send<T>(method: string, path: string, body?: unknown): Promise<T> {
    const isForm = body instanceof FormData;
    const response = await fetch(this.url + path, {
      method,
      headers: { ...this.headers, ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }) },
      body: isForm ? body : body === undefined ? undefined : JSON.stringify(body),
      signal: this.signal,
    });
    const text = await response.text();
    if (!response.ok) throw new ApiError(`${method} ${path}`, response.status, text);
    return JSON.parse(text) as T;
  }
}

type Fields = Readonly<Record<string, unknown>>;
