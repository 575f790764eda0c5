import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NodepoolConfigStore } from '../../../src/nodepool/config/nodepool-config.store.js';
import { parseConfig } from '../../../src/nodepool/config/parse-config.js';
import { ADMIN_TOKEN } from '../../support/app.js';
import { type Pool, startPool, until } from './pool.js';

const GOOD = `
labels: []
providers:
  - {name: one, driver: fake, max-servers: 1, password: hunter2hunter2}
targets: [{name: t}]
diskimages: [{name: a, elements: [vm], env-vars: {MY_TOKEN: s3cr3t-token}}]
`;
const BETTER = GOOD.replace('name: one', 'name: two');
const BROKEN = `labels: []\nproviders:\n  - {name: one, driver: fake, max-servers: many, password: [hunter2hunter2]}\n`;

let pool: Pool;
let store: NodepoolConfigStore;

beforeAll(async () => {
  pool = await startPool({ yaml: GOOD });
  store = pool.app.app.get(NodepoolConfigStore, { strict: false });
});
afterAll(() => pool.close());

interface Health {
  readonly status: string;
  readonly details: Record<string, Record<string, unknown>>;
}

async function health(of: Pool = pool): Promise<Record<string, unknown>> {
  const answer = await of.request('GET', '/health/ready');
  expect(answer.statusCode).toBe(200);
  return answer.json<Health>().details['nodepool_config'] ?? {};
}

const metric = async (of: Pool = pool) =>
  /^slipway_nodepool_config_good (\d)$/m.exec((await of.request('GET', '/metrics')).body)?.[1];
const provider = () => store.current()?.providers[0]?.name;

describe('the config file', () => {
  it('is used, and shown as good', async () => {
    expect(provider()).toBe('one');
    expect(await health()).toMatchObject({ status: 'up', config: 'good', problem: null, warnings: [] });
    expect(await metric()).toBe('1');
  });

  it('is read again when another takes its place', async () => {
    await pool.writeConfig(BETTER);
    expect(provider()).toBe('two');
  });

  it('that is broken leaves the last good one, and says why without a secret; mended, it is used without a restart', async () => {
    await pool.writeConfig(GOOD);
    await pool.writeConfig(BROKEN);
    expect(provider()).toBe('one');
    expect(await health()).toMatchObject({
      config: 'broken, the last good one is used',
      problem:
        'line 3, providers[0].max-servers: must be a whole number; line 3, providers[0].password: must be a text',
    });
    expect(await metric()).toBe('0');
    expect((await pool.request('GET', '/v1/nodes')).statusCode).toBe(200);
    await pool.writeConfig(BETTER);
    expect([provider(), await metric()]).toEqual(['two', '1']);
    expect(await health()).toMatchObject({ config: 'good', problem: null });
  });

  it('that vanishes does no harm', async () => {
    await pool.writeConfig(GOOD);
    const readAgain = () => new Promise<void>((resolve) => store.events.once('read', resolve));
    const vanished = readAgain();
    unlinkSync(pool.configFile);
    await vanished;
    expect([provider(), store.problem()]).toEqual(['one', 'cannot be read (ENOENT)']);
    const back = readAgain();
    writeFileSync(pool.configFile, BETTER);
    await back;
    expect([provider(), store.problem()]).toEqual(['two', null]);
  });

  it('is not read while it is being written: half of it may be a file that is good, of half a pool', async () => {
    await pool.writeConfig(GOOD);
    const half = BETTER.slice(0, BETTER.indexOf('diskimages'));
    expect(parseConfig(half, { folder: '/', defaultImagesDir: '/' }).errors).toEqual([]);
    const counts: (number | undefined)[] = [];
    const note = () => void counts.push(store.current()?.diskimages.length);
    store.events.on('read', note);
    for (let line = 0; line < 30; line += 1) {
      writeFileSync(pool.configFile, `${half}# line ${line}\n`);
      await sleep(100);
    }
    await pool.writeConfig(BETTER);
    store.events.off('read', note);
    expect([counts, provider()]).toEqual([[1], 'two']);
  });

  it.each([
    ['broken', BROKEN],
    ['empty', ''],
    ['too large', 'x'.repeat(300_000)],
  ])('that is %s from the start leaves an empty pool that serves all the same', async (_name, yaml) => {
    const broken = await startPool({ yaml });
    try {
      expect(await health(broken)).toMatchObject({ config: 'broken', used_since: null });
      expect(await metric(broken)).toBe('0');
      expect((await broken.as('POST', '/v1/dib_images/a/build')).statusCode).toBe(404);
      await broken.writeConfig(GOOD);
      expect(await health(broken)).toMatchObject({ config: 'good' });
    } finally {
      await broken.close();
    }
  });

  it('that is named and not there is waited for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-conf-'));
    const file = join(folder, 'later.yaml');
    const late = await startPool({ config: { nodepoolConfFile: file } });
    try {
      expect(await health(late)).toMatchObject({ config: 'broken', problem: 'cannot be read (ENOENT)' });
      writeFileSync(file, GOOD);
      const found = await until('the file is read', async () => {
        const { config } = await health(late);
        return config === 'good' && config;
      });
      expect(found).toBe('good');
    } finally {
      await late.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is not spoken of where none is named', async () => {
    const none = await startPool();
    try {
      expect(await health(none)).toEqual({});
    } finally {
      await none.close();
    }
  });
});

describe('checking a config', () => {
  const check = (payload: string | undefined, type?: string) =>
    pool.as('POST', '/v1/config/validate', {
      payload,
      headers: type === undefined ? {} : { 'content-type': type },
    });
  const form = (part: string) => `--b\r\nContent-Disposition: form-data; ${part}\r\n\r\n${GOOD}\r\n--b--\r\n`;

  it('says what is wrong, with lines, and changes nothing', async () => {
    await pool.writeConfig(GOOD);
    const answer = await check(BROKEN, 'text/yaml');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      valid: false,
      errors: [
        { line: 3, path: 'providers[0].max-servers', message: 'must be a whole number' },
        { line: 3, path: 'providers[0].password', message: 'must be a text' },
      ],
      warnings: [],
    });
    expect(answer.body).not.toContain('hunter2');
    expect(provider()).toBe('one');
  });

  it.each([
    ['as text', GOOD, 'text/yaml'],
    ['as a form', new URLSearchParams({ config: GOOD }).toString(), 'application/x-www-form-urlencoded'],
    ['as JSON', JSON.stringify({ config: GOOD }), 'application/json'],
    ['as a field of a multipart form', form('name="config"'), 'multipart/form-data; boundary=b'],
    ['as a file of one', form('name="config"; filename="n.yaml"'), 'multipart/form-data; boundary=b'],
    ['of the file itself', undefined, undefined],
  ])('takes it %s', async (_name, payload, type) => {
    const answer = await check(payload, type);
    expect([answer.statusCode, answer.json()]).toEqual([200, { valid: true, errors: [], warnings: [] }]);
  });

  it('refuses what is none', async () => {
    const cases = [
      ['a=1', 'application/x-www-form-urlencoded', 400],
      ['{"config": 5}', 'application/json', 400],
      ['[]', 'application/json', 400],
      ['--b--', 'multipart/form-data; boundary=b', 400],
      [form('name="other"'), 'multipart/form-data; boundary=b', 400],
      ['x'.repeat(300_000), 'text/yaml', 413],
      [GOOD, 'application/xml', 415],
    ] as const;
    for (const [payload, type, status] of cases) {
      const answer = await check(payload, type);
      expect([type, answer.statusCode, answer.json()['code']]).toEqual([type, status, status]);
    }
  });

  it('takes hostile texts calmly', async () => {
    const bomb = Array.from({ length: 12 }, (_, n) => `a${n}: &a${n} [${`*a${n - 1}, `.repeat(n && 9)}x]`).join('\n');
    for (const text of [bomb, '['.repeat(200_000), '\0\0', '&a [*a]', '- - - '.repeat(20_000), '? '.repeat(20_000)]) {
      const answer = await check(text, 'text/yaml');
      expect([answer.statusCode, answer.json()['valid']]).toEqual([200, false]);
    }
  });
});

describe('the log of a build', () => {
  const log = (ref: string | number, headers = {}) => pool.request('GET', `/v1/dib_images/${ref}/log`, { headers });
  const insert = (id: number, name: string, more: string, values: unknown[]) =>
    pool.app.database.dataSource.query(
      `insert into dib_builds (dib_image_id, image_name, status, error, log_path, log_tail) values ($1, $2, 'failed', ${more})`,
      [id, name, ...values],
    );

  it('is text, by id and by name, when the image is long gone, without the secrets of the config', async () => {
    await pool.writeConfig(GOOD);
    const file = join(pool.configFile, '..', 'build.log');
    writeFileSync(file, '+ export MY_TOKEN=s3cr3t-token\npassword hunter2hunter2\nNo space left — на диске\n');
    await insert(501, 'ubuntu-14.04', '$3, $4, $5', ['exit 1', file, 'the end']);
    await insert(500, 'ubuntu-14.04', '$3, null, $4', ['exit 1', 'older']);
    for (const ref of [501, 'ubuntu-14.04']) {
      const answer = await log(ref, { accept: 'text/html' });
      expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
      expect(answer.body).toBe('+ export MY_TOKEN=***\npassword ***\nNo space left — на диске\n');
    }
    unlinkSync(file);
    expect((await log(501)).body).toBe('the end');
    expect((await log(500)).body).toBe('older');
  });

  it('that is not there is a 404', async () => {
    await insert(502, 'silent', '$3, $3, $3', [null]);
    for (const ref of ['silent', 'nope', '999', '2147483648', '1%00', 'a%2Fb', '..%2F..%2Fetc', '%00']) {
      const answer = await log(ref);
      expect([ref, answer.statusCode, answer.json()['code']]).toEqual([ref, 404, 404]);
    }
  });
});

describe('aliens', () => {
  it('of an unknown provider are not found', async () => {
    const headers = { authorization: `Token ${ADMIN_TOKEN}` };
    for (const kind of ['servers', 'images']) {
      const answer = await pool.request('GET', `/v1/aliens/${kind}?provider=nope`, { headers });
      expect([answer.statusCode, answer.json()['description']]).toEqual([404, 'Provider name not found']);
    }
  });

  it('are what the account holds beside the pool', async () => {
    await pool.writeConfig(GOOD);
    await pool.app.database.dataSource.query(
      `insert into fake_servers (id, provider_name, name) values ('x1', 'one', 'somebody-elses')`,
    );
    const answer = await pool.as('GET', '/v1/aliens/servers?provider=one');
    expect(answer.json()).toMatchObject({
      servers: [{ provider_name: 'one', hostname: 'somebody-elses', external_id: 'x1' }],
      warnings: [],
    });
    expect((await pool.as('GET', '/v1/aliens/images?provider=all')).json()).toEqual({ images: [], warnings: [] });
  });
});
