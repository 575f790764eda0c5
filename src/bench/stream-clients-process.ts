/** Clients of the event stream, as many as are asked for, in a process of their own. */
import { type ClientRequest, request } from 'node:http';
import { answerParent } from './child-answers.js';

/** What one client had: how many events, in order or not, and the sum of their numbers to compare with the log. */
interface Client {
  events: number;
  sum: number;
  last: number;
  inOrder: boolean;
  isOpen: boolean;
  rest: Buffer;
  request: ClientRequest;
}

const clients: Client[] = [];
const END = Buffer.from('\n\n');
const NOTHING = Buffer.alloc(0);
/** Connections that are being made at the same time; more would overflow the server's queue of them. */
const AT_ONCE = 50;

answerParent({
  async start() {},
  async open({ url, token, count, after }: { url: string; token: string; count: number; after: number }) {
    const stream = `${url}/fleet/v1/events?after=${after}`;
    while (clients.length < count) {
      const some = Math.min(AT_ONCE, count - clients.length);
      clients.push(...(await Promise.all(Array.from({ length: some }, () => open(stream, token)))));
    }
  },
  /** How many have everything up to this event: exactly so many, in order, with this sum. */
  async complete({ last, events, sum }: { last: number; events: number; sum: number }) {
    const reached = clients.filter((client) => client.last >= last).length;
    const whole = clients.filter((client) => client.inOrder && client.events === events && client.sum === sum).length;
    return { open: clients.filter(({ isOpen }) => isOpen).length, reached, whole };
  },
  async stop() {
    for (const client of clients) client.request.destroy();
  },
});

function open(url: string, token: string): Promise<Client> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Token ${token}` };
    const outgoing = request(url, { headers, agent: false });
    const client: Client = {
      events: 0,
      sum: 0,
      last: 0,
      inOrder: true,
      isOpen: true,
      rest: NOTHING,
      request: outgoing,
    };
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      if (response.statusCode !== 200) return reject(new Error(`the stream answered ${response.statusCode}`));
      response.on('data', (chunk: Buffer) => read(client, chunk));
      response.on('close', () => (client.isOpen = false));
      response.on('error', () => (client.isOpen = false));
      resolve(client);
    });
    outgoing.end();
  });
}

/** Only numbers are read: the JSON of millions of events would keep this process busy, and not the server. */
function read(client: Client, chunk: Buffer): void {
  const text = client.rest.length === 0 ? chunk : Buffer.concat([client.rest, chunk]);
  let from = 0;
  for (let end = text.indexOf(END, from); end !== -1; end = text.indexOf(END, from)) {
    count(client, text, from, end);
    from = end + END.length;
  }
  client.rest = text.subarray(from);
}

/** An event begins `id: 17\nevent: `; anything else is a keep-alive. */
function count(client: Client, text: Buffer, from: number, end: number): void {
  if (text.toString('latin1', from, from + 4) !== 'id: ') return;
  const line = text.indexOf(10, from);
  if (line === -1 || line >= end || text[line + 1] !== 'e'.charCodeAt(0)) return;
  const id = Number(text.toString('latin1', from + 4, line));
  client.inOrder &&= id > client.last;
  client.last = id;
  client.events += 1;
  client.sum += id;
}
