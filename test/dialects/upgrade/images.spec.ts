import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ImagesService } from '../../../src/upgrades/images/images.service.js';
import { InventoryClient, type FormPart } from './inventory-client.js';

const IMAGES = '/api/images/images/';
const NAME = 'cat9k_iosxe.17.09.04a.SPA.bin';
const hashOf = (algorithm: string, content: string | Buffer) => createHash(algorithm).update(content).digest('hex');

interface ImageAnswer {
  id: number;
  filename: string;
  file: string;
  file_server: number | null;
}

describe('/api/images/images/', () => {
  let admin: InventoryClient;
  const stored = () => readdir(join(admin.app.config.dataDir, 'images')).catch(() => []);
  const upload = (content: string | Buffer, filename = NAME, fields: FormPart[] = [], fieldsFirst = false) => {
    const file = { name: 'file', filename, content };
    return admin.form(IMAGES, fieldsFirst ? [...fields, file] : [file, ...fields]);
  };

  beforeAll(async () => {
    admin = await InventoryClient.start({ config: { uploadLimitMb: 2 } });
  });
  afterAll(() => admin.close());

  it('stores an upload, hashes it, takes the version from its name, and gives it back whole or in part', async () => {
    const content = Buffer.alloc(300_000, 'slipway');
    const answer = await upload(content);
    expect(answer.statusCode).toBe(201);
    const image = answer.json<ImageAnswer>();
    expect(image).toEqual({
      id: expect.any(Number),
      filename: NAME,
      version: '17.09.04a',
      platform: null,
      status: 'ready',
      file: `${admin.app.url}/api/images/images/${image.id}/download/`,
      size_bytes: 300_000,
      md5_checksum: hashOf('md5', content),
      sha256: hashOf('sha256', content),
      sha512: hashOf('sha512', content),
      uploaded_at: expect.any(String),
      uploaded_by: 'admin',
      is_remote: false,
      remote_path: null,
      file_server: null,
      file_server_details: null,
    });
    const whole = await admin.get(`${IMAGES}${image.id}/download/`);
    expect([whole.statusCode, whole.body.length, whole.headers['content-length']]).toEqual([200, 300_000, '300000']);
    const part = await admin.send('GET', `${IMAGES}${image.id}/download/`, undefined, { range: 'bytes=299993-' });
    expect([part.statusCode, part.body, part.headers['content-range']]).toEqual([
      206,
      content.subarray(-7).toString(),
      'bytes 299993-299999/300000',
    ]);
    const beyond = await admin.send('GET', `${IMAGES}${image.id}/download/`, undefined, { range: 'bytes=300000-' });
    expect(beyond.statusCode).toBe(416);
    const head = await admin.send('HEAD', `${IMAGES}${image.id}/download/`);
    expect([head.statusCode, head.body, head.headers['content-length']]).toEqual([200, '', '300000']);
  });

  it('lets a device pull by the address the driver is given, and by no other', async () => {
    const { id } = (await upload('pulled', 'pull-1.2.3.bin')).json<ImageAnswer>();
    const images = admin.app.app.get(ImagesService, { strict: false });
    const deviceImage = await images.deviceImage(await images.get(id));
    const url = new URL(deviceImage.url ?? '');
    expect(url.origin).toBe(admin.app.url);
    const pulled = await admin.app.inject({ url: url.pathname + url.search });
    expect([pulled.statusCode, pulled.body]).toEqual([200, 'pulled']);
    for (const wrong of [url.pathname, `${url.pathname}?token=x`, `${url.pathname}x${url.search}`]) {
      expect((await admin.app.inject({ url: wrong })).statusCode).toBe(404);
    }
    const chunks: Buffer[] = [];
    for await (const chunk of deviceImage.read?.(2) ?? []) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toBe('lled');
    expect((await admin.get(IMAGES)).body).not.toContain(url.searchParams.get('token'));
  });

  it('checks expected hashes, given before or after the file, and keeps nothing that differs', async () => {
    const before = await stored();
    const md5 = hashOf('md5', 'content');
    const sha512 = hashOf('sha512', 'content');
    for (const fieldsFirst of [true, false]) {
      const fields = [
        { name: 'md5_checksum', content: md5.toUpperCase() },
        { name: 'sha512', content: sha512 },
        { name: 'version', content: '9.9' },
      ];
      const good = await upload('content', 'a.bin', fields, fieldsFirst);
      expect([good.statusCode, good.json()['version']]).toEqual([201, '9.9']);
      const bad = await upload('CONTENT', 'a.bin', fields, fieldsFirst);
      expect([bad.statusCode, Object.keys(bad.json())]).toEqual([400, ['md5_checksum', 'sha512']]);
    }
    expect(await stored()).toHaveLength(before.length + 2);
  });

  it.each(['a b.bin', '-rf', '..', '../../etc/passwd', 'a/b.bin', 'a;reboot', 'ü.bin', 'x'.repeat(256), '$(x)'])(
    'refuses the file name %j',
    async (name) => {
      const before = await stored();
      const answer = await upload('x', name, [{ name: 'version', content: '1' }]);
      expect([answer.statusCode, Object.keys(answer.json())]).toEqual([400, ['filename']]);
      expect(await stored()).toEqual(before);
    },
  );

  it('refuses what is no upload, and leaves nothing behind', async () => {
    const before = await stored();
    const cases: [string, Promise<{ statusCode: number }>][] = [
      ['empty', upload('')],
      ['no version', upload('x', 'image.bin')],
      ['bad hash', upload('x', NAME, [{ name: 'md5', content: 'zz' }])],
      ['bad platform', upload('x', NAME, [{ name: 'platform', content: 'nxos' }])],
      ['no file', admin.form(IMAGES, [{ name: 'version', content: '1' }])],
      ['other field', admin.form(IMAGES, [{ name: 'image', filename: NAME, content: 'x' }])],
      [
        'two files',
        admin.form(
          IMAGES,
          [1, 2].map(() => ({ name: 'file', filename: NAME, content: 'x' })),
        ),
      ],
      [
        'prototype',
        admin.form(IMAGES, [
          { name: '__proto__', content: 'x' },
          { name: 'file', filename: NAME, content: 'x' },
        ]),
      ],
      [
        'cut short',
        admin.send(
          'POST',
          IMAGES,
          '--b\r\nContent-Disposition: form-data; name="file"; filename="a-1.2.bin"\r\n\r\nhalf',
          { 'content-type': 'multipart/form-data; boundary=b' },
        ),
      ],
      ['no boundary', admin.send('POST', IMAGES, 'x', { 'content-type': 'multipart/form-data' })],
    ];
    for (const [name, sent] of cases) expect([name, (await sent).statusCode]).toEqual([name, 400]);
    expect(await stored()).toEqual(before);
  });

  it('answers 413 over the limit, with and without a length, and keeps nothing', async () => {
    const before = await stored();
    const answer = await upload(Buffer.alloc(2.5 * 1024 * 1024));
    expect([answer.statusCode, Object.keys(answer.json())]).toEqual([413, ['detail']]);
    expect((await upload(Buffer.alloc(4 * 1024 * 1024))).statusCode).toBe(413);
    expect(await stored()).toEqual(before);
  });

  it('keeps nothing of an upload whose client goes away', async () => {
    const before = await stored();
    const { hostname, port } = new URL(admin.app.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(
      `POST ${IMAGES} HTTP/1.1\r\nHost: x\r\nAuthorization: Token ${admin.app.adminToken}\r\nContent-Length: 1000000\r\n` +
        'Content-Type: multipart/form-data; boundary=b\r\n\r\n' +
        `--b\r\nContent-Disposition: form-data; name="file"; filename="${NAME}"\r\n\r\n${'x'.repeat(200_000)}`,
    );
    const until = async (holds: () => Promise<boolean>) => {
      for (let tries = 0; tries < 200 && !(await holds()); tries += 1) await delay(25);
      expect(await holds()).toBe(true);
    };
    await until(async () => (await stored()).length === before.length + 1);
    socket.destroy();
    await until(async () => (await stored()).length === before.length);
  });

  it('records an image on a file server, and gives drivers its address', async () => {
    const server = await admin.create('/api/images/file-servers/', {
      name: 'depot',
      protocol: 'https',
      address: '192.0.2.9',
      port: 8443,
      base_path: '/ios',
      username: 'u',
      password: 'p@ss',
    });
    const wish = {
      filename: 'r-2.0.1.bin',
      is_remote: true,
      file_server: server.id,
      remote_path: 'cat9k/r-2.0.1.bin',
      size_bytes: 3_000_000_000,
    };
    const image = await admin.create<ImageAnswer>(IMAGES, wish);
    expect(image).toMatchObject({
      version: '2.0.1',
      size_bytes: 3_000_000_000,
      is_remote: true,
      file: null,
      file_server_details: { name: 'depot' },
    });
    const images = admin.app.app.get(ImagesService, { strict: false });
    const { url, read } = await images.deviceImage(await images.get(image.id));
    expect([url, read]).toEqual(['https://u:p%40ss@192.0.2.9:8443/ios/cat9k/r-2.0.1.bin', null]);
    expect((await admin.get(`${IMAGES}${image.id}/download/`)).statusCode).toBe(404);
    expect((await admin.post(IMAGES, { filename: 'x-1.0.bin' })).json()).toEqual({
      file_server: ['This field is required.'],
      size_bytes: ['This field is required.'],
    });
    expect((await admin.post(IMAGES, { ...wish, remote_path: 'a b;c' })).statusCode).toBe(400);
    expect((await admin.post(IMAGES, { ...wish, file_server: 999 })).json()).toEqual({
      file_server: ['Invalid pk "999" - object does not exist.'],
    });
    const place = `/api/images/file-servers/${server.id}/`;
    expect((await admin.delete(place)).statusCode).toBe(409);

    const [job] = await admin.sql.query<{ id: number }[]>(
      `insert into jobs (batch_id, wave, position, kind, target_kind, target_id, label, status, steps, input)
       values (gen_random_uuid(), 0, 0, 'upgrade', 'device', '1', 'x', 'pending', '[]', $1) returning id`,
      [JSON.stringify({ imageId: image.id })],
    );
    // Where a job's image comes from is part of what was approved; who may fetch it is not.
    expect((await admin.patch(place, { base_path: '/other' })).json()).toMatchObject({ error: 'File server in use' });
    expect((await admin.patch(place, { password: 'new', city: 'Bern' })).statusCode).toBe(200);
    await admin.sql.query('delete from jobs where id = $1', [job!.id]);
    expect((await admin.patch(place, { base_path: '/other' })).statusCode).toBe(200);
  });

  it('deletes an image with its file, but not one that is golden or in an unfinished job', async () => {
    const { id } = (await upload('doomed', 'doomed-1.0.bin')).json<ImageAnswer>();
    const golden = await admin.create('/api/images/golden-images/', { platform: 'linux', image: id });
    expect((await admin.delete(`${IMAGES}${id}/`)).json()).toEqual({
      error: 'Image in use',
      message: 'The image is still used by golden images.',
    });
    await admin.delete(`/api/images/golden-images/${golden.id}/`);
    await admin.sql.query(
      `insert into jobs (batch_id, wave, position, kind, target_kind, target_id, label, status, steps, input)
       values (gen_random_uuid(), 0, 0, 'upgrade', 'device', '1', 'x', 'queued', '[]', $1)`,
      [JSON.stringify({ imageId: id })],
    );
    expect((await admin.delete(`${IMAGES}${id}/`)).statusCode).toBe(409);
    const patch = (change: object) => admin.patch(`${IMAGES}${id}/`, change);
    // Somebody may have approved the job with the version the image had.
    expect((await patch({ version: '8.8' })).json()).toMatchObject({ error: 'Image in use' });
    expect((await patch({ version: '1.0' })).statusCode).toBe(200);
    await admin.sql.query("update jobs set status = 'succeeded'");
    expect((await patch({ version: '8.8' })).json()).toMatchObject({ version: '8.8' });
    const before = await stored();
    expect((await admin.delete(`${IMAGES}${id}/`)).statusCode).toBe(204);
    expect(await stored()).toHaveLength(before.length - 1);
    expect((await admin.get(`${IMAGES}${id}/`)).statusCode).toBe(404);
  });
});
