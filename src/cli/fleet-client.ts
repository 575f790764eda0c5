import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

/** The server answered, and not with what was asked for. The message is the server's own. */
export class RequestRefused extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Its last part names the problem (docs/fleet-api.md). */
    readonly type: string | null,
  ) {
    super(message);
  }
}

/** Nobody answered, or only something that is no Slipway or not ready: asked again later it may be different. */
export class ServerUnreachable extends Error {}

export interface Asking {
  readonly body?: unknown;
  readonly form?: FormData;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** Answers that say "not now": the same request may be answered otherwise in a moment. */
const isNotNow = (status: number): boolean => [408, 425, 429].includes(status) || status >= 500;
const REQUEST_TIMEOUT_MS = 60_000;
/** A request that changes something is repeated this often, with the same `Idempotency-Key`. */
const TRIES = 6;

/** A client of `/fleet/v1`, as anybody could write one. */
export class FleetClient {
  constructor(
    readonly url: string,
    private readonly token: string | null,
    private readonly signal: AbortSignal,
    /** Told when a request has to be repeated. */
    private readonly note: (text: string) => void = () => undefined,
  ) {}

  async get<T>(path: string, query: Asking['query'] = {}): Promise<T> {
    return (await this.send<T>('GET', path, { query })).body;
  }

  /** One try: whoever asks again and again decides about the next. */
  getOnce<T>(path: string, timeoutMs = REQUEST_TIMEOUT_MS, query: Asking['query'] = {}): Promise<Answer<T>> {
    return this.once<T>('GET', path, { timeoutMs, query });
  }

  async post<T>(path: string, body: unknown, key: string = randomUUID()): Promise<T> {
    return (await this.send<T>('POST', path, { body, headers: { 'idempotency-key': key } })).body;
  }

  async remove<T>(path: string): Promise<T> {
    return (await this.send<T>('DELETE', path, {})).body;
  }

  async upload<T>(path: string, form: FormData): Promise<T> {
    return (await this.once<T>('POST', path, { form })).body;
  }

  /** Repeats what may be repeated: a connection that was lost says nothing about whether the request was heard. */
  private async send<T>(method: string, path: string, asking: Asking): Promise<Answer<T>> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.once<T>(method, path, asking);
      } catch (error) {
        if (!(error instanceof ServerUnreachable) || tries >= TRIES || this.signal.aborted) throw error;
        if (tries === 1) this.note(`${error.message}; asking again`);
        await delay(2 ** tries * 250, undefined, { signal: this.signal });
      }
    }
  }

  private async once<T>(method: string, path: string, asking: Asking): Promise<Answer<T>> {
    const response = await this.fetch(method, path, asking);
    const text = await response.text().catch((error: unknown) => {
      throw new ServerUnreachable(`${this.url} broke off its answer: ${causeOf(error)}`);
    });
    if (isNotNow(response.status)) {
      throw new ServerUnreachable(
        `${this.url} cannot answer just now (${response.status}): ${problemIn(text).message}`,
      );
    }
    if (!response.ok) {
      const { message, type } = problemIn(text);
      throw new RequestRefused(response.status, message || `${method} ${path}: ${response.status}`, type);
    }
    return { status: response.status, body: parsed<T>(text, this.url) };
  }

  private async fetch(method: string, path: string, asking: Asking): Promise<Response> {
    const { body, form, headers, query, timeoutMs = REQUEST_TIMEOUT_MS } = asking;
    const address = new URL(path.startsWith('/') ? this.url + path : `${this.url}/fleet/v1/${path}`);
    for (const [name, value] of Object.entries(query ?? {}))
      if (value !== undefined) address.searchParams.set(name, value);
    try {
      return await fetch(address, {
        method,
        headers: {
          accept: 'application/json',
          ...(this.token === null ? {} : { authorization: `Token ${this.token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: form ?? (body === undefined ? undefined : JSON.stringify(body)),
        // A token must not follow a redirect to another place.
        redirect: 'error',
        signal: AbortSignal.any([this.signal, AbortSignal.timeout(timeoutMs)]),
      });
    } catch (error) {
      this.signal.throwIfAborted();
      throw new ServerUnreachable(`${this.url} does not answer: ${causeOf(error)}`);
    }
  }
}

function causeOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  if (cause instanceof Error && cause.message !== '') return cause.message;
  return error instanceof Error ? error.message : String(error);
}

function parsed<T>(text: string, url: string): T {
  try {
    return (text === '' ? undefined : JSON.parse(text)) as T;
  } catch {
    throw new ServerUnreachable(`what answers at ${url} is no Slipway`);
  }
}

/** The sentence of a problem (RFC 9457), or of another dialect's refusal, with the fields that were wrong. */
function problemIn(text: string): { message: string; type: string | null } {
  try {
    const problem = JSON.parse(text) as {
      detail?: string;
      /** As the upgrade API refuses: a title, and a sentence. */
      error?: unknown;
      message?: unknown;
      type?: string;
      errors?: { pointer?: string; parameter?: string; detail: string }[];
    };
    const sentence = problem.detail ?? titled(problem) ?? text;
    // The sentence has the first of them in it.
    const fields = (problem.errors ?? [])
      .map((error) => `${error.pointer ?? error.parameter ?? ''}: ${error.detail}`)
      .filter((field, index) => index > 0 || !sentence.includes(field))
      .map((field) => `  ${field}`);
    return { message: [sentence, ...fields].join('\n'), type: problem.type ?? null };
  } catch {
    return { message: text.slice(0, 300), type: null };
  }
}

function titled({ error, message }: { error?: unknown; message?: unknown }): string | null {
  if (typeof message !== 'string') return null;
  return typeof error === 'string' ? `${error}: ${message}` : message;
}
