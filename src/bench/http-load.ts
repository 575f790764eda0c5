import { Agent, request } from 'node:http';

export interface Load {
  /** In turn, where there are several. */
  readonly url: string | readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly requests: number;
  readonly concurrency: number;
  /** Posted as JSON; without it the requests are GETs. */
  readonly body?: string;
}

/** Requests per second over connections that are kept; bodies are received whole and thrown away. */
export async function requestsPerSecond({ url, headers, requests, concurrency, body }: Load): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const urls = typeof url === 'string' ? [url] : url;
  let left = requests;
  const one = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await receive(urls[left % urls.length] as string, headers, agent, body);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: concurrency }, one));
  const seconds = (performance.now() - startedAt) / 1000;
  agent.destroy();
  return requests / seconds;
}

function receive(url: string, headers: Readonly<Record<string, string>>, agent: Agent, body?: string): Promise<void> {
  const posted = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body ?? '')) };
  const all = body === undefined ? headers : { ...headers, ...posted };
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(url, { method, headers: all, agent }, (response) => {
      response.resume();
      response.on('error', reject);
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${url} was answered ${response.statusCode}`)),
      );
    });
    sent.on('error', reject).end(body);
  });
}
