import { DataSource } from 'typeorm';
import { NotFound } from '../../../src/common/errors.js';
import { DesignsService } from '../../../src/drydock/designs/designs.service.js';
import type { Design } from '../../../src/drydock/designs/design.js';
import { PinnedDesigns } from '../../../src/drydock/designs/pinned-designs.service.js';
import { goodSite, siteDocument, siteNode, siteText, withChanged } from '../../support/site-documents.js';
import { KeystoneDouble } from '../../drivers/keystone-double.js';
import { type Drydock, startDrydock, until } from './drydock.js';

interface Status {
  readonly status: string;
  readonly code: number;
  readonly message: string;
  readonly details: {
    readonly errorCount: number;
    readonly messageList: { name: string; message: string; level: string; documents: { name: string }[] }[];
  };
}

describe('designs', () => {
  let drydock: Drydock;
  let good: string;

  let keystone: KeystoneDouble;

  beforeAll(async () => {
    keystone = await KeystoneDouble.start();
    const config = {
      keystoneAuthUrl: keystone.url,
      keystoneServiceUsername: 'slipway',
      keystoneServicePassword: 'hunter2-of-the-service',
    };
    drydock = await startDrydock({ role: 'api', config });
    good = drydock.files.write('good.yaml', siteText(goodSite(3)));
  });
  afterAll(async () => {
    await drydock.close();
    await keystone.stop();
  });

  describe('POST /validatedesign', () => {
    const validate = (href: unknown) =>
      drydock.post('/validatedesign', { rel: 'design', href, type: 'application/x-yaml' });
    const refused = async (href: unknown): Promise<Status> => {
      const answer = await validate(href);
      expect(answer.statusCode).toBe(400);
      const body = answer.json<Status>();
      expect([body.code, body.status.toLowerCase()]).toEqual([400, 'failure']);
      return body;
    };

    it('finds a good design good, from a file and from the web, as often as it is asked', async () => {
      for (const href of [good, drydock.web.put('/good.yaml', siteText(goodSite())), good]) {
        const answer = await validate(href);
        expect(answer.statusCode).toBe(200);
        const { status, code, message, details } = answer.json<Status>();
        expect([status, code, message]).toEqual(['Success', 200, 'Site design passed validation']);
        expect([details.errorCount, details.messageList.length]).toEqual([0, 14]);
        expect(answer.headers['x-drydock-req']).toBeDefined();
      }
    });

    it('gets it from Deckhand with the token of our service user, and from elsewhere without', async () => {
      const web = drydock.web.put('/rendered-documents', siteText(goodSite()));
      const before = drydock.web.requests.length;
      for (const href of [`deckhand+${web}`, `promenade+${web}`, web]) {
        expect((await validate(href)).statusCode).toBe(200);
      }
      const tokens = drydock.web.requests.slice(before).map(({ headers }) => headers['x-auth-token']);
      expect(tokens).toEqual([expect.stringMatching(/^service-/), expect.stringMatching(/^service-/), undefined]);
    });

    it('says all that is wrong with one that breaks rules', async () => {
      const two = withChanged(goodSite(), 'Network', 'pxe', (data) => (data['cidr'] = '10.1.0.7/24'));
      const bad = [...two, siteNode(9, { addressing: [{ network: 'mgmt', address: '10.0.9.9' }] })];
      const body = await refused(drydock.files.write('rules.yaml', siteText(bad)));
      expect([body.status, body.message, body.details.errorCount]).toEqual([
        'Failure',
        'Site design failed validation.',
        2,
      ]);
      expect(body.details.messageList.filter(({ level }) => level === 'Error').map(({ name }) => name)).toEqual([
        'DD2002',
        'DD2006',
      ]);
    });

    it('names all shapes that are wrong, and the document of each', async () => {
      const assets = [
        { path: '/a', type: 'file', data: 'x', data_pipeline: ['foo', 'template'] },
        { path: '/b', type: 'unit', data: 'x', permissions: 600 },
      ];
      const bad = [
        siteDocument('BootAction', 'helloworld', { assets }),
        siteDocument('BootAction', 'invalid_pkg_list', { assets: [{ type: 'pkg_list', data: ['pkg1', 'pkg2'] }] }),
      ];
      const { status, details } = await refused(drydock.web.put('/shapes.yaml', siteText(bad)));
      expect([status, details.errorCount, details.messageList.length]).toEqual(['failure', 3, 3]);
      const names = details.messageList.flatMap(({ documents }) => documents.map(({ name }) => name));
      expect(names).toEqual(['helloworld', 'helloworld', 'invalid_pkg_list']);
    });

    it.each([
      [
        'a package of an odd version',
        siteDocument('BootAction', 'p', { assets: [{ type: 'pkg_list', data: { a: ':)' } }] }),
        'DD4002',
      ],
      [
        'an asset outside its folder',
        siteDocument('BootAction', 'a', { assets: [{ type: 'file', path: '/a/../../etc/x', data: 'x' }] }),
        'DD4003',
      ],
      ['a node twice', siteNode(1), 'DD4003'],
    ])('refuses one with %s', async (_what, document, code) => {
      const { details } = await refused(drydock.web.put('/more.yaml', siteText([...goodSite(), document])));
      expect(details.messageList.filter(({ level }) => level === 'Error').map(({ name }) => name)).toEqual([code]);
    });

    it.each([
      ['', 'The "href" key must be provided in the request body.'],
      [undefined, 'The "href" key must be provided in the request body.'],
      [null, 'The "href" key must be provided in the request body.'],
      [5, 'The "href" key must be provided in the request body.'],
      [['a'], 'The "href" key must be provided in the request body.'],
    ])('wants to know where it is, not %j', async (href, message) => {
      const answer = await validate(href);
      expect([answer.statusCode, answer.json()]).toEqual([400, { type: 'error', message, retry: false }]);
    });

    it.each([
      ['no body', undefined, 'Request body must not be empty for validation.'],
      ['a list', '[]', 'Request body must be a JSON object.'],
      ['half of one', '{"href":', ''],
      ['a text', '"x"', 'Request body must be a JSON object.'],
      ['null', 'null', 'Request body must not be empty for validation.'],
    ])('refuses %s', async (_what, payload, message) => {
      const headers = { 'content-type': 'application/json' };
      const answer = await drydock.post('/validatedesign', payload, headers);
      expect(answer.statusCode).toBe(400);
      expect(answer.json<{ type: string; message: string }>()).toMatchObject({ type: 'error', retry: false });
      if (message !== '') expect(answer.json<{ message: string }>().message).toBe(message);
    });

    it.each([
      ['nothing at all', 'null\n', 'no Drydock document'],
      ['a list', '- a\n', 'not a mapping'],
      ['half of one', 'a: [\n', 'Error parsing YAML near line'],
      ['a bomb', `a: &a [x,x]\n${'b'.repeat(10)}: [*a, *b]`, 'Error parsing YAML near line'],
    ])('refuses a file of %s', async (_what, text, complaint) => {
      const { status, details } = await refused(drydock.web.put('/odd.yaml', text));
      expect(status).toBe('failure');
      expect(details.messageList[0]).toMatchObject({
        name: 'DD000',
        message: expect.stringContaining(complaint) as string,
      });
    });

    it('refuses 20 MB of anything, and other requests go on meanwhile', async () => {
      const huge = drydock.web.put('/huge.yaml', Buffer.alloc(20 * 1024 * 1024, '- '));
      const [body, health] = await Promise.all([refused(huge), drydock.get('/health')]);
      expect(body.details.messageList[0]?.message).toContain('longer than');
      expect(health.statusCode).toBe(204);
    });

    it.each([
      ['what is not there', () => `${drydock.web.origin}/none.yaml`, 'answered 404'],
      ['another scheme', () => 'ftp://me:hunter2@127.0.0.1/a', 'a location must begin with'],
      ['a file outside the roots', () => 'file:///etc/passwd', 'DRYDOCK_DESIGN_ROOTS'],
      ['the address of a cloud', () => 'http://169.254.169.254/hunter2', 'may not be called'],
      ['words', () => 'hunter2', 'a location must begin with'],
      ['a login that is refused', () => drydock.web.origin.replace('//', '//me:hunter2@') + '/hunter2', 'answered 404'],
    ])('refuses %s without a word of its secrets', async (_what, href, complaint) => {
      const { status, details } = await refused(href());
      expect([status, details.messageList.length]).toEqual(['failure', 1]);
      expect(details.messageList[0]?.message).toContain(complaint);
      expect(JSON.stringify(details)).not.toContain('hunter2');
    });
  });

  describe('POST /nodefilter', () => {
    const filtered = (node_filter: unknown, design_ref: unknown = good) =>
      drydock.post('/nodefilter', { design_ref, node_filter });
    const one = (criteria: object) => ({
      filter_set_type: 'intersection',
      filter_set: [{ filter_type: 'intersection', ...criteria }],
    });

    it.each<[string, unknown, string[]]>([
      ['none', null, ['n1', 'n2', 'n3']],
      ['names', one({ node_names: ['n2'] }), ['n2']],
      ['racks', one({ rack_names: ['r3', 'r2'] }), ['n2', 'n3']],
      ['a tag', one({ node_tags: ['t1'] }), ['n1', 'n2', 'n3']],
      ['a label', one({ node_labels: { role: 'worker', zone: 'z1' } }), ['n1', 'n2', 'n3']],
      ['a label of another value', one({ node_labels: { role: 'worker', zone: 'z2' } }), []],
      ['labels of a rack', one({ rack_labels: { hall: 'a', row: '2' } }), ['n2']],
      ['no criteria', one({}), []],
    ])('answers the names for a filter of %s', async (_what, filter, names) => {
      const answer = await filtered(filter);
      expect([answer.statusCode, answer.json()]).toEqual([200, names]);
    });

    it('answers no names where a design has no nodes', async () => {
      const none = drydock.web.put('/none-at-all.yaml', siteText([siteDocument('Region', 'lab', {})]));
      expect((await filtered(null, none)).json()).toEqual([]);
    });

    it.each<[unknown, unknown, string]>([
      [null, '', 'Missing input required value: design_ref'],
      [null, null, 'Missing input required value: design_ref'],
      [null, 5, 'design_ref: a location must be a text'],
      [null, 'ftp://a/', 'design_ref: a location must begin with http, https, file, deckhand+http or promenade+http'],
      ['garbage', 'http://a/', 'node_filter must be an object'],
      [{ filter_set_type: 'all' }, 'http://a/', 'node_filter.filter_set_type must be "intersection" or "union"'],
      [{ filter_set_type: 'union', filter_set: [] }, 'http://a/', 'node_filter.filter_set must be a list of filters'],
    ])('refuses the filter %j of %j', async (filter, ref, message) => {
      const answer = await drydock.post('/nodefilter', { design_ref: ref, node_filter: filter });
      expect([answer.statusCode, answer.json()]).toEqual([400, { type: 'error', message, retry: false }]);
    });

    it('says why a design cannot be loaded, where upstream answers with no nodes', async () => {
      const answer = await filtered(null, drydock.web.put('/half.yaml', 'a: ['));
      expect(answer.statusCode).toBe(400);
      expect(answer.json<{ message: string }>().message).toContain('Error parsing YAML near line 1');
    });
  });

  it('opens to nobody without a token, and takes a key of a node for none', async () => {
    for (const path of ['/validatedesign', '/nodefilter']) {
      const keys: Record<string, string>[] = [{}, { 'x-bootaction-key': 'ab'.repeat(32) }];
      for (const key of keys) {
        const headers = { 'x-auth-token': '', ...key };
        const answer = await drydock.post(path, { href: good, design_ref: good }, headers);
        expect([answer.statusCode, answer.json()]).toEqual([
          401,
          { type: 'error', message: 'Unauthenticated', retry: false },
        ]);
      }
    }
  });

  describe('that are pinned', () => {
    const load = async (text: string): Promise<Design> => {
      const { design } = await drydock.test.app.get(DesignsService).load(drydock.web.put('/pin.yaml', text), {
        signal: new AbortController().signal,
      });
      if (!design) throw new Error('no design');
      return design;
    };
    const dataSource = () => drydock.test.app.get(DataSource);
    const query = (sql: string, values: unknown[] = []) => dataSource().query<Record<string, unknown>[]>(sql, values);
    const pinned = () => drydock.test.app.get(PinnedDesigns);
    const pin = (design: Design) => dataSource().transaction((tx) => pinned().pin(tx, design));
    const age = () => query(`update drydock_designs set created_at = now() - interval '2 hours'`);
    const prune = () => dataSource().transaction((tx) => pinned().prune(tx));

    it('are kept once as they were, whatever becomes of the document', async () => {
      const design = await load(siteText(goodSite(1)));
      const digest = await pin(design);
      await load(siteText(goodSite(2)));
      expect(await pin(await load(siteText(goodSite(1))))).toBe(digest);
      expect(await pin(await load(siteText(goodSite(2))))).not.toBe(digest);
      expect(await pinned().pinned(digest)).toEqual(design);
      expect(await new PinnedDesigns(dataSource(), Reflect.get(pinned(), 'secrets')).pinned(digest)).toEqual(design);
    });

    it('cannot be changed by whoever gets them', async () => {
      const design = await pinned().pinned(await pin(await load(siteText(goodSite(1)))));
      expect(() => ((design.nodes[0] as { name: string }).name = 'x')).toThrow(TypeError);
      expect(() => (design.bootActions as unknown[]).push(1)).toThrow(TypeError);
    });

    it('are stored encrypted: they hold the passwords of controllers', async () => {
      const secret = 'hunter2-of-the-controller';
      const oob = { type: 'redfish', account: 'root', credential: secret };
      const digest = await pin(await load(siteText([...goodSite(1), siteNode(2, { oob })])));
      const [row] = await query('select body from drydock_designs where digest = $1', [digest]);
      expect(row?.['body']).toMatch(/^v1:/);
      const all = JSON.stringify(await query('select * from drydock_designs'));
      expect(all).not.toContain(secret);
      expect(all).not.toContain(Buffer.from(secret).toString('base64').slice(0, 20));
      expect((await pinned().pinned(digest)).nodes[1]?.oob.credential).toBe(secret);
    });

    it('go when nothing uses them, and not while something does or has just begun to', async () => {
      const digest = await pin(await load(siteText(goodSite(1))));
      expect(await prune()).toBe(0);
      await age();
      const answer = await drydock.post('/tasks', { action: 'validate_design', design_ref: good, node_filter: null });
      const id = answer.json<{ task_id: string }>().task_id;
      await query('update drydock_tasks set design_digest = $1 where id = $2', [digest, id]);
      await prune();
      const left = await query('select digest from drydock_designs');
      expect(left).toEqual([{ digest }]);
      await query('update drydock_tasks set design_digest = null');
      expect(await prune()).toBe(1);
      const other = new PinnedDesigns(dataSource(), Reflect.get(pinned(), 'secrets'));
      await expect(other.pinned(digest)).rejects.toThrow(NotFound);
    });

    it('stay when they are pinned at the very moment they are removed', async () => {
      const design = await load(siteText(goodSite(3)));
      const digest = await pin(design);
      await age();
      let removed: Promise<number> | undefined;
      await dataSource().transaction(async (tx) => {
        await pinned().pin(tx, design);
        removed = prune();
        const waiting = () => query(`select 1 from pg_locks where not granted and locktype = 'transactionid'`);
        await until(waiting, (rows) => rows.length > 0);
      });
      await removed;
      expect(await query('select 1 from drydock_designs where digest = $1', [digest])).toHaveLength(1);
    });
  });
});
