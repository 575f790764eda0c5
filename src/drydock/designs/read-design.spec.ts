import {
  goodSite,
  type SiteDocument,
  siteDocument,
  siteNode,
  siteText,
  withChanged,
} from '../../../test/support/site-documents.js';
import { bootActionsFor, designNode } from './design.js';
import { type LoadedDesign, readDesign } from './read-design.js';

const never = new AbortController().signal;

function read(text: string | Uint8Array): Promise<LoadedDesign> {
  return readDesign(typeof text === 'string' ? Buffer.from(text) : text, never);
}

function errorsOf({ messages }: LoadedDesign): string[] {
  return messages.filter(({ level }) => level === 'Error').map(({ code, message }) => `${code} ${message}`);
}

const asset = (differs: object): SiteDocument =>
  siteDocument('BootAction', 'a', { assets: [{ type: 'file', path: '/a', data: 'x', ...differs }] });

describe('a good design', () => {
  it('is read, and each rule says that it holds', async () => {
    const { status, stage, design, messages } = await read(siteText(goodSite()));
    expect([status, stage]).toEqual(['success', 'rules']);
    expect(design?.nodes.map(({ name }) => name)).toEqual(['n1', 'n2']);
    expect(messages.filter(({ level }) => level !== 'Info')).toEqual([]);
    expect(messages.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'DD1001 Rational Boot Storage: Validation successful.',
      'DD1008 Hugepages: Validation successful.',
      'DD2002 IP Locality Check: Validation successful.',
      'DD2003 MTU Rationality: Validation successful.',
      'DD2004 Network Trunking Rationalty: Validation successful.',
      'DD2005 Duplicated IP Check: Validation successful.',
      'DD1007 Allowed Network Check: Validation successful.',
      'DD3003 Hostname Validity: Validation successful.',
      'DD4001 OOB IPMI: Validation successful.',
      'DD4002 OOB Libvirt: Validation successful.',
      'DD4001 Bootaction Definition: Validation successful.',
      'DD4002 Bootaction pkg_list Validation: Validation successful.',
      'DD4003 Bootaction Assets: Validation successful.',
      'DD2006 CIDR Validity: Validation successful.',
    ]);
  });

  it('gives a node what its profiles say, and a boot action its nodes', async () => {
    const { design } = await read(siteText(goodSite()));
    if (!design) throw new Error('no design');
    expect(designNode(design, 'n1')).toMatchObject({
      domain: 'lab.example.com',
      primaryNetwork: 'mgmt',
      hardwareProfile: 'generic',
      tags: ['t1', 'base'],
      labels: [
        ['zone', 'z1'],
        ['role', 'worker'],
      ],
      rack: 'r1',
      addresses: [
        { network: 'mgmt', kind: 'static', ip: '10.0.0.11', cidr: '10.0.0.0/24', dnsSuffix: 'lab.example.com' },
        { network: 'pxe', kind: 'dhcp', ip: null },
      ],
      platform: { image: 'jammy', kernel: 'ga-22.04', kernelParams: [['quiet', 'true']] },
    });
    expect(designNode(design, 'n1')?.interfaces[1]).toMatchObject({ name: 'bond0', sriov: { vfCount: 2 } });
    expect(bootActionsFor(design, 'n2')).toMatchObject([
      { name: 'hello', signaling: true, assets: [{ path: '/var/tmp/hello.sh', mode: 0o555, locationPipeline: [] }] },
    ]);
  });

  it('may come in the legacy container, with comments, markers and other documents between', async () => {
    const legacy = goodSite().map(({ schema, metadata, data }) => ({
      apiVersion: 'drydock/v1',
      kind: schema.split('/')[1],
      metadata,
      spec: data,
    }));
    const others =
      '---\n---\nschema: armada/Chart/v1\ndata: 1\n---\nschema: drydock\n---\nkind: Secret\napiVersion: v1\n';
    const text = `\ufeff# a site\n%YAML 1.1\n${siteText(legacy).replaceAll('\n---', '\n...\n---')}${others}...\n`;
    const { status, design } = await read(text);
    expect([status, design?.nodes.length, design?.bootActions.length]).toEqual(['success', 2, 1]);
  });

  it('is read as PyYAML reads it: words for booleans, merges, anchors; but a date stays a text', async () => {
    const text = `${siteText(goodSite(1).slice(0, -1))}---
schema: drydock/BootAction/v1
metadata: {name: words}
data:
  signaling: no
  assets:
    - &one {type: file, path: /one, data: 2026-11-21}
    - {<<: *one, path: /two, permissions: '0755'}
    - {type: pkg_list, data: {a: null, b: ~, c: 1-2}}
`;
    const { status, design } = await read(text);
    expect(status).toBe('success');
    expect(design?.bootActions[0]).toMatchObject({
      signaling: false,
      assets: [
        { path: '/one', data: '2026-11-21', mode: 0o600 },
        { path: '/two', data: '2026-11-21', mode: 0o755 },
        {
          type: 'pkg_list',
          path: null,
          packages: [
            ['a', null],
            ['b', null],
            ['c', '1-2'],
          ],
        },
      ],
    });
  });
});

describe('a design that cannot be read', () => {
  it.each([
    ['', /no Drydock document/],
    ['null', /no Drydock document/],
    ['[1, 2]', /line 1 is not a mapping/],
    ['just words', /line 1 is not a mapping/],
    ['a: [1', /Error parsing YAML near line 1: /],
    ['a: 1\n---\n\n\nb: "', /Error parsing YAML near line 5: /],
    ['a: 1\na: 2', /duplicated mapping key/],
    ['a: !!python/object:os.system 1', /Error parsing YAML near line 1: /],
    ['a: !!binary aGk=', /Error parsing YAML near line 1: /],
    ['a: "\\0"', /characters that are not text/],
    ['a: "\\ud800"', /characters that are not text/],
    ['a: .inf', /a number is not finite/],
    ['__proto__: {a: 1}', /a key is not a word/],
    ['&a [*a]', /Error parsing YAML near line 1/],
    ['['.repeat(100_000), /nested|maxDepth/],
    ['- '.repeat(100_000), /nested|maxDepth/],
    ['---\n'.repeat(50_002), /too many documents/],
    [`a: ${'x'.repeat(1024 * 1024)}`, /longer than 1048576 characters/],
  ])('is refused (%#)', async (text, complaint) => {
    const loaded = await read(text);
    expect([loaded.status, loaded.stage, loaded.design]).toEqual(['failure', 'ingest', null]);
    expect(errorsOf(loaded)[0]).toMatch(complaint);
    expect(loaded.messages[0]?.code).toBe('DD000');
  });

  it('is refused when it multiplies itself through aliases', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let depth = 1; depth < 12; depth += 1) {
      lines.push(`a${depth}: &a${depth} [${Array.from({ length: 10 }, () => `*a${depth - 1}`).join(', ')}]`);
    }
    expect(errorsOf(await read(lines.join('\n')))[0]).toMatch(/too many parts/);
  });

  it('is refused when it is not UTF-8', async () => {
    expect(errorsOf(await read(Uint8Array.of(0x61, 0x3a, 0x20, 0xff)))[0]).toMatch(/not UTF-8/);
  });

  it('never shows in a message what stands in it', async () => {
    const secret = 'hunter2';
    const texts = [
      `password: "${secret}`,
      `a: {password: ${secret}`,
      `${secret}: 1\n${secret}: 2`,
      `a: !${secret} 1`,
      `a: *${secret}`,
      siteText([siteDocument('HostProfile', 'h', { oob: { credential: [secret], account: { [secret]: 1 } } })]),
    ];
    for (const text of texts) {
      const { messages } = await read(text);
      expect(messages.length).toBeGreaterThan(0);
      expect(JSON.stringify(messages)).not.toContain(secret);
    }
  });

  it('stops when nobody waits for it any more', async () => {
    const gone = AbortSignal.abort();
    await expect(readDesign(Buffer.from(siteText(goodSite(200))), gone)).rejects.toThrow();
  });
});

describe('documents of the wrong shape', () => {
  const good = goodSite();

  it('are reported each with all its errors, as DD001', async () => {
    const pipeline = { path: '/a', type: 'file', data: 'x', data_pipeline: ['foo', 'utf8_decode'] };
    const unit = { path: '/b', type: 'unit', data: 'x', permissions: 600 };
    const loaded = await read(
      siteText([
        siteDocument('BootAction', 'two_errors', { assets: [pipeline, unit] }),
        siteDocument('BootAction', 'bad_list', { assets: [{ type: 'pkg_list', data: ['one', 'two'] }] }),
      ]),
    );
    expect(errorsOf(loaded)).toEqual([
      'DD001 BootAction:v1 schema validation error: assets[0].data_pipeline[0] must be one of base64_encode, template, base64_decode, utf8_encode, utf8_decode',
      'DD001 BootAction:v1 schema validation error: assets[1].permissions must be a text',
      'DD001 BootAction:v1 schema validation error: assets[0].data must be a text or a map',
    ]);
    expect(loaded.messages[2]?.documents).toEqual([{ schema: 'drydock/BootAction/v1', name: 'bad_list' }]);
  });

  it.each<[string, string, (data: Record<string, unknown>) => void, string]>([
    ['Region', 'lab', (data) => (data['extra'] = 1), 'extra is not known here'],
    ['Region', 'lab', (data) => (data['authorized_keys'] = 'x'), 'authorized_keys must be a list'],
    ['Rack', 'r1', (data) => (data['local_networks'] = [1]), 'local_networks[0] must be a text'],
    ['Network', 'mgmt', (data) => (data['vlan'] = 100), 'vlan must be a text'],
    ['Network', 'mgmt', (data) => (data['mtu'] = '1500'), 'mtu must be a number'],
    ['NetworkLink', 'gp', (data) => (data['trunking'] = { mod: 'x' }), 'trunking.mod is not known here'],
    ['HardwareProfile', 'generic', (data) => (data['boot_mode'] = 'efi'), 'boot_mode must be one of bios, uefi'],
    ['HostProfile', 'base', (data) => (data['metadata'] = { tags: null }), 'metadata.tags must be a list'],
    ['HostProfile', 'base', (data) => (data['metadata'] = { owner_data: { a: 1 } }), 'owner_data.a must be a text'],
    ['HostProfile', 'base', (data) => (data['addressing'] = []), 'addressing is not known here'],
    ['BaremetalNode', 'n1', (data) => (data['interfaces'] = []), 'interfaces must be a map'],
    ['BaremetalNode', 'n1', (data) => (data['addressing'] = [{ address: 5 }]), 'addressing[0].address must be a text'],
    ['BootAction', 'hello', (data) => (data['assets'] = [{ path: '/a' }]), 'assets[0] needs "type"'],
    ['BootAction', 'hello', (data) => (data['assets'] = [{ type: 'file', path: 'a' }]), 'assets[0].path has a form'],
    ['BootAction', 'hello', (data) => (data['assets'] = [{ type: 'dir' }]), 'assets[0].type must be one of'],
    ['BootAction', 'hello', (data) => (data['signaling'] = 'yes'), 'signaling must be'],
    ['BootAction', 'hello', (data) => (data['node_filter'] = { a: 1 }), 'node_filter.a is not known here'],
  ])('as a %s %s are refused (%#)', async (kind, name, change, complaint) => {
    const loaded = await read(siteText(withChanged(good, kind, name, change)));
    expect([loaded.status, loaded.stage]).toEqual(['failure', 'ingest']);
    expect(errorsOf(loaded)).toEqual([expect.stringContaining(`DD001 ${kind}:v1 schema validation error: `)]);
    expect(errorsOf(loaded)[0]).toContain(complaint);
  });

  it.each<[object, string]>([
    [{ schema: 'drydock/Spaceship/v1', metadata: { name: 'x' }, data: {} }, 'Kind Spaceship and Version v1'],
    [{ schema: 'drydock/Network/v2', metadata: { name: 'x' }, data: {} }, 'Kind Network and Version v2'],
    [{ schema: 'drydock/Network/v1', data: {} }, 'metadata.name must be'],
    [{ schema: 'drydock/Network/v1', metadata: { name: 5 }, data: {} }, 'metadata.name must be'],
    [{ schema: 'drydock/Network/v1', metadata: 5, data: {} }, 'metadata.name must be'],
    [{ schema: 'drydock/Network/v1', metadata: { name: 'x' } }, 'data must be a map'],
    [{ schema: 'drydock/Network/v1', metadata: { name: 'x' }, data: [1] }, 'data must be a map'],
  ])('are refused as %j', async (document, complaint) => {
    expect(errorsOf(await read(siteText([...good, document])))).toEqual([expect.stringContaining(complaint)]);
  });
});

describe('documents that do not fit together', () => {
  it.each<[string, SiteDocument[], string]>([
    ['no address', [siteNode(9, { addressing: [] })], 'BaremetalNode needs at least 1 assigned address'],
    ['no profile', [siteNode(9, { host_profile: 'zz' })], 'HostProfile zz not found in design state'],
    ['no hardware', [siteNode(9, { host_profile: 'base' })], 'Hardware profile not set'],
    ['other hardware', [siteNode(9, { hardware_profile: 'zz' })], 'HardwareProfile zz not found in design state'],
    ['other network', [siteNode(9, { primary_network: 'zz' })], 'Network zz not found in design state'],
    ['two nodes', [siteNode(9), siteNode(9)], 'there are two BaremetalNode of the name n9'],
    [
      'two actions',
      [siteDocument('BootAction', 'hello', { assets: [] })],
      'there are two BootAction of the name hello',
    ],
    ['no assets', [siteDocument('BootAction', 'x', {})], 'BootAction has no assets'],
    ['a bad filter', [siteDocument('BootAction', 'x', { assets: [], node_filter: {} })], 'filter_set_type must be'],
    [
      'itself above',
      [siteNode(9, { host_profile: 'me' }), siteDocument('HostProfile', 'me', { host_profile: 'me' })],
      'HostProfile me inherits from itself',
    ],
  ])('are refused: %s', async (_what, documents, complaint) => {
    const loaded = await read(siteText([...goodSite(), ...documents]));
    expect([loaded.status, loaded.stage, loaded.design]).toEqual(['failure', 'ingest', null]);
    expect(errorsOf(loaded)).toEqual([expect.stringContaining(complaint)]);
  });

  it('are refused when profiles inherit without end', async () => {
    const chain = Array.from({ length: 1_000 }, (_, index) =>
      siteDocument('HostProfile', `p${index}`, { host_profile: `p${index + 1}` }),
    );
    const node = siteNode(9, { host_profile: 'p0' });
    expect(errorsOf(await read(siteText([...goodSite(), ...chain, node])))[0]).toContain('too many ancestors');
  });
});

describe('an asset', () => {
  it.each<[object, string]>([
    [{ path: undefined }, 'there is no path'],
    [{ data: undefined }, 'there is neither data nor location'],
    [{ data: { a: 'b' } }, 'data must be a text'],
    [{ path: '/../../etc/x' }, 'path has a part . or ..'],
    [{ path: '/a/../b' }, 'path has a part . or ..'],
    [{ path: '/a/./b' }, 'path has a part . or ..'],
    [{ path: '//a' }, 'path has an empty part'],
    [{ path: '/a//b' }, 'path has an empty part'],
    [{ path: '/a/' }, 'path has an empty part'],
    [{ path: '/a\nb' }, 'path holds control characters'],
    [{ path: `/${'x'.repeat(256)}` }, 'path has a part of more than 255 bytes'],
    [{ path: `/${'é'.repeat(128)}` }, 'path has a part of more than 255 bytes'],
    [{ path: '/x/y'.repeat(1_025) }, 'path has more than 4096 bytes'],
    [{ path: '/a/-rf', type: 'unit' }, 'the name of a unit begins with -'],
    [{ permissions: '999' }, 'permissions must be three or four octal digits'],
    [{ permissions: 'x555' }, 'permissions must be three or four octal digits'],
    [{ permissions: '55555' }, 'permissions must be three or four octal digits'],
  ])('is refused when %j is another (%#)', async (differs, complaint) => {
    const loaded = await read(siteText([...goodSite(), asset(differs)]));
    expect([loaded.status, loaded.design]).toEqual(['failure', null]);
    expect(errorsOf(loaded)).toEqual([`DD4003 Error processing document: assets[0]: ${complaint}`]);
    expect(loaded.messages.find(({ level }) => level === 'Error')?.documents[0]?.name).toBe('a');
  });

  it.each([
    [undefined, 0o600],
    ['555', 0o555],
    ['0644', 0o644],
    ['000', 0o600],
    ['04755', 0o4755],
  ])('with the permissions %s has a mode of its own (%#)', async (permissions, mode) => {
    const { design } = await read(siteText([...goodSite(), asset({ permissions })]));
    expect(design?.bootActions[1]?.assets[0]?.mode).toBe(mode);
  });

  it.each<[unknown, boolean]>([
    [undefined, false],
    ['a: b', false],
    [{}, true],
  ])('that is a package list of %j', async (data, isRead) => {
    const list = siteDocument('BootAction', 'list', { assets: [{ type: 'pkg_list', data }] });
    const loaded = await read(siteText([...goodSite(), list]));
    expect(loaded.design !== null).toBe(isRead);
    // An empty one is for the rules to refuse.
    expect(errorsOf(loaded)[0]).toContain(isRead ? 'no valid package data' : 'Requires a top-level mapping/object.');
  });

  it('that sets a user or comes twice is warned of', async () => {
    const setting = asset({ path: '/var/tmp/hello.sh', permissions: '4755' });
    const { status, messages } = await read(siteText([...goodSite(1), setting]));
    expect(status).toBe('success');
    expect(messages.filter(({ level }) => level === 'Warning').map(({ message }) => message)).toEqual([
      'Bootaction Assets: assets[0]: the file will be set-user-ID or set-group-ID',
      'Bootaction Assets: Node n1 gets /var/tmp/hello.sh more than once; the last counts.',
    ]);
  });
});
