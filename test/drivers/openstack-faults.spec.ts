import { truncate, writeFile } from 'node:fs/promises';
import type { PoolErrorCode } from '../../src/drivers/pool/pool-provider.js';
import { OpenStackBench, TAGS, WISH } from './openstack-bench.js';
import { type Fault } from './openstack-double.js';

describe('the OpenStack driver', () => {
  let bench: OpenStackBench;

  beforeEach(async () => {
    bench = await OpenStackBench.start();
  });
  afterEach(() => bench.stop());

  describe('images', () => {
    it('are streamed, compared with what arrived, seen, listed by their tags and deleted', async () => {
      const provider = bench.open();
      const wish = await bench.upload(40_000_000);
      const id = await provider.uploadImage(wish, bench.io());
      expect(bench.cloud.stored!.bytes).toBe(40_000_000);
      const [put] = bench.cloud.callsTo('PUT', /file$/);
      expect(put!.headers).toMatchObject({ 'content-length': '40000000', 'content-type': 'application/octet-stream' });
      expect(JSON.parse(bench.cloud.callsTo('POST', /images$/)[0]!.body)).toMatchObject({
        ...wish.tags,
        disk_format: 'qcow2',
        container_format: 'bare',
        visibility: 'private',
      });
      expect(bench.progress.at(-1)).toEqual([40_000_000, 40_000_000]);
      const image = { id, name: 'image-7', status: 'active', message: null, tags: wish.tags };
      expect(await provider.getImage(id, bench.io())).toEqual(image);
      expect(await provider.listImages(bench.io())).toEqual([image]);
      const server = await provider.createServer({ ...WISH, image: 'image-7' }, bench.io());
      expect(bench.cloud.servers.get(server)?.spec).toMatchObject({ imageRef: id });
      await provider.deleteImage(id, bench.io());
      await provider.deleteImage(id, bench.io());
      expect(await provider.getImage(id, bench.io())).toBeNull();
    });

    it('that an earlier try has stored are taken; what it left unfinished is removed', async () => {
      const wish = await bench.upload();
      const whole = await bench.open().uploadImage(wish, bench.io());
      expect(await bench.open().uploadImage(wish, bench.io())).toBe(whole);
      bench.cloud.images.get(whole)!.status = 'saving';
      const anew = await bench.open().uploadImage(wish, bench.io());
      expect([...bench.cloud.images.keys()]).toEqual([anew]);
      await writeFile(wish.file, 'another file by now');
      const other = await bench.open().uploadImage(wish, bench.io());
      expect([...bench.cloud.images.keys()]).toEqual([other]);
      // The same name with other tags is somebody else's.
      await bench.open().uploadImage({ ...wish, tags: { ...wish.tags, nodepool_id: '8' } }, bench.io());
      expect(bench.cloud.images.size).toBe(2);
    });

    it.each<[string, Partial<Fault>]>([
      ['is refused', { status: 413, body: 'too large' }],
      ['is answered with trouble', { status: 500, body: '{"message": "disk full"}' }],
      ['loses its connection', { cut: 'before' }],
    ])('leave nothing when their upload %s', async (_what, fault) => {
      bench.cloud.faults.push({ method: 'PUT', path: /file$/, ...fault });
      const error = await bench.failure(bench.open().uploadImage(await bench.upload(), bench.io()));
      expect(error).toMatchObject({ retryable: true });
      expect(bench.cloud.images.size).toBe(0);
    });

    it('that are not what was sent are removed', async () => {
      bench.cloud.faults.push({
        method: 'GET',
        path: /images\/[^/]+$/,
        body: JSON.stringify({ id: 'x', status: 'active', size: 3_000_000, checksum: 'f'.repeat(32) }),
      });
      expect(await bench.failure(bench.open().uploadImage(await bench.upload(), bench.io()))).toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('is not what was sent: its MD5 is fff'),
      });
      expect(bench.cloud.images.size).toBe(0);
    });

    it('whose file is cut short while it is read fail, and one that is not there', async () => {
      const wish = await bench.upload(20_000_000);
      const io = { ...bench.io(), progress: () => void truncate(wish.file, 1_000_000).catch(() => undefined) };
      expect(await bench.failure(bench.open().uploadImage(wish, io))).toMatchObject({ retryable: true });
      expect(bench.cloud.images.size).toBe(0);
      const missing = bench.open().uploadImage({ ...wish, file: `${wish.file}.not` }, bench.io());
      expect(await bench.failure(missing)).toMatchObject({ code: 'bad_request' });
      const tar = bench.open().uploadImage({ ...wish, format: 'tar' }, bench.io());
      expect(await bench.failure(tar)).toMatchObject({ code: 'bad_request' });
    });

    it('stop in the middle when they are told to, and are found by the next try', async () => {
      bench.cloud.faults.push({ method: 'PUT', path: /file$/, hang: true });
      const stop = new AbortController();
      const wish = await bench.upload(30_000_000);
      const uploading = bench.failure(bench.open().uploadImage(wish, bench.io(stop.signal)));
      // In the middle: the request has arrived.
      while (bench.cloud.faults.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      stop.abort();
      expect(await uploading).toMatchObject({ code: 'aborted' });
      expect(bench.cloud.images.size).toBe(1);
      const id = await bench.open().uploadImage(wish, bench.io());
      expect([...bench.cloud.images.keys()]).toEqual([id]);
    });

    it('give up when nobody takes the next bytes', async () => {
      bench.cloud.faults.push({ method: 'PUT', path: /file$/, hang: true });
      const wish = await bench.upload(30_000_000);
      expect(await bench.failure(bench.open({ apiTimeoutS: 1 }).uploadImage(wish, bench.io()))).toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/^nobody took the file's next bytes for 1 s$/),
      });
    });

    it('of a server are made once, however often they are asked for', async () => {
      const provider = bench.open();
      const server = await provider.createServer(WISH, bench.io());
      const id = await provider.snapshotServer(server, 'snap', TAGS, bench.io());
      expect(await provider.snapshotServer(server, 'snap', TAGS, bench.io())).toBe(id);
      expect(await provider.getImage(id, bench.io())).toMatchObject({
        id,
        name: 'snap',
        status: 'building',
        tags: TAGS,
      });
      expect(bench.cloud.callsTo('POST', /action$/)).toHaveLength(1);
      bench.cloud.faults.push({ method: 'POST', path: /action$/, status: 202, body: '{"image_id": "by-its-body"}' });
      expect(await provider.snapshotServer(server, 'other', TAGS, bench.io())).toBe('by-its-body');
      const gone = provider.snapshotServer('no-such', 'third', TAGS, bench.io());
      expect(await bench.failure(gone)).toMatchObject({ code: 'not_found' });
    });
  });

  describe('a cloud in trouble', () => {
    const date = (inMs: number) => new Date(Date.now() + inMs).toUTCString();

    it.each<[string, Partial<Fault>, PoolErrorCode, boolean, unknown]>([
      ['429 with seconds', { status: 429, headers: { 'retry-after': '17' } }, 'unavailable', true, 17],
      [
        '503 with a date',
        { status: 503, headers: { 'retry-after': date(600_000) } },
        'unavailable',
        true,
        expect.any(Number),
      ],
      ['503 with nonsense', { status: 503, headers: { 'retry-after': 'soon' } }, 'unavailable', true, null],
      ['a wait of a year', { status: 503, headers: { 'retry-after': '31536000' } }, 'unavailable', true, 3_600],
      [
        '409',
        { status: 409, body: '{"conflictingRequest": {"message": "still building"}}' },
        'unavailable',
        true,
        null,
      ],
      ['409 for a quota', { status: 409, body: '{"NeutronError": {"type": "OverQuota"}}' }, 'quota', true, null],
      ['413', { status: 413, headers: { 'retry-after': '5' } }, 'quota', true, 5],
      ['500', { status: 500, body: '<html>' }, 'unavailable', true, null],
      [
        '403',
        { status: 403, body: '{"forbidden": {"message": "Policy does not allow this"}}' },
        'refused',
        false,
        null,
      ],
      ['400', { status: 400 }, 'bad_request', false, null],
      ['404', { status: 404 }, 'not_found', false, null],
      ['a redirect', { status: 302, headers: { location: 'http://elsewhere.invalid/' } }, 'refused', false, null],
      ['no JSON', { body: '<html>maintenance</html>' }, 'unavailable', true, null],
      ['other JSON', { body: '{"servers": {"a": 1}}' }, 'unavailable', true, null],
      ['an odd server', { body: '{"servers": [{"id": 7}]}' }, 'unavailable', true, null],
      ['a cut answer', { cut: 'middle' }, 'unavailable', true, null],
      ['no answer', { cut: 'before' }, 'unavailable', true, null],
    ])('%s', async (_what, fault, code, retryable, retryAfterS) => {
      bench.cloud.faults.push({ path: /servers/, ...fault });
      expect(await bench.failure(bench.open().listServers(bench.io()))).toMatchObject({ code, retryable, retryAfterS });
      expect(await bench.open().listServers(bench.io())).toEqual([]);
    });

    it('is not waited for longer than the api-timeout, and not at all after an abort', async () => {
      bench.cloud.faults.push({ path: /servers/, times: 2, hang: true });
      expect(await bench.failure(bench.open({ apiTimeoutS: 0.2 }).listServers(bench.io()))).toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('no answer within 0.2 s'),
      });
      const listing = bench.failure(bench.open().listServers(bench.io()));
      setTimeout(() => bench.abort.abort(), 50);
      expect(await listing).toMatchObject({ code: 'aborted' });
    });

    it('that is not there at all is unavailable', async () => {
      const provider = bench.open({ authUrl: 'http://127.0.0.1:1' });
      expect(await bench.failure(provider.listServers(bench.io()))).toMatchObject({
        code: 'unavailable',
        retryable: true,
      });
    });

    it('whose pages go round in circles is not followed for ever', async () => {
      const page = { servers: [{ id: 'a', status: 'ACTIVE' }], servers_links: [{ rel: 'next', href: 'x' }] };
      bench.cloud.faults.push({ path: /servers/, times: 50, body: JSON.stringify(page) });
      expect(await bench.failure(bench.open().listServers(bench.io()))).toMatchObject({ code: 'unavailable' });
      expect(bench.cloud.callsTo('GET', /servers/)).toHaveLength(2);
    });

    it('shows its words, shortened, and without tags', async () => {
      bench.cloud.faults.push({
        path: /servers/,
        status: 500,
        body: `<html><title>x</title><p>it&nbsp;${'y'.repeat(500)}</p>`,
      });
      const { message } = await bench.failure(bench.open().listServers(bench.io()));
      expect(message).toMatch(/^GET http:\/\/127\.0\.0\.1:\d+\/compute\/v2\.1\/servers\/detail: 500, it&nbsp;y+…$/);
      expect(message.length).toBeLessThan(400);
    });

    it('asks nothing more of a caller who was stopped', async () => {
      bench.abort.abort();
      expect(await bench.failure(bench.open().listServers(bench.io()))).toMatchObject({ code: 'aborted' });
      expect(bench.cloud.calls).toEqual([]);
    });
  });
});
