import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { json } from 'node:stream/consumers';
import { startTestApp, type TestApp } from '../../support/app.js';

const MEGABYTE = 1024 * 1024;
const SIZE_MB = 400;

describe('a large upload', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it('passes through in constant memory', async () => {
    let most = 0;
    const before = process.memoryUsage().rss;
    const answer = await send(() => {
      most = Math.max(most, process.memoryUsage().rss);
    });
    expect(answer).toMatchObject({ size_bytes: SIZE_MB * MEGABYTE, version: '1.0' });
    // Sender and server share this process; a body kept anywhere would show as 400 MB.
    expect(most - before).toBeLessThan(100 * MEGABYTE);
  });

  async function send(eachMegabyte: () => void): Promise<unknown> {
    const block = randomBytes(MEGABYTE);
    function* body(): Generator<Buffer> {
      yield Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="large-1.0.bin"\r\n\r\n');
      for (let sent = 0; sent < SIZE_MB; sent += 1) {
        eachMegabyte();
        yield block;
      }
      yield Buffer.from('\r\n--b--\r\n');
    }
    const outgoing = request(`${app.url}/api/images/images/`, {
      method: 'POST',
      headers: { authorization: `Token ${app.adminToken}`, 'content-type': 'multipart/form-data; boundary=b' },
    });
    const answered = new Promise<unknown>((resolve, reject) => {
      outgoing.once('response', (incoming) => json(incoming).then(resolve, reject));
      outgoing.once('error', reject);
    });
    await pipeline(Readable.from(body(), { objectMode: false, highWaterMark: MEGABYTE }), outgoing);
    return answered;
  }
});
