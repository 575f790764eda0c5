import {
  goodSite,
  HELLO,
  type SiteDocument,
  siteDocument,
  siteNode,
  siteText,
  withChanged,
} from '../../../../test/support/site-documents.js';
import { readDesign } from '../read-design.js';

const never = new AbortController().signal;

async function findings(documents: readonly SiteDocument[]): Promise<string[]> {
  const { messages, stage } = await readDesign(Buffer.from(siteText(documents)), never);
  expect(stage).toBe('rules');
  return messages
    .filter(({ level }) => level !== 'Info')
    .map(({ level, code, message }) => `${level} ${code} ${message.replace(/^[^:]*: /, '')}`);
}

type Change = (data: Record<string, unknown>) => void;
const changed = (kind: string, name: string, change: Change): SiteDocument[] =>
  withChanged(goodSite(), kind, name, change);
const set =
  (key: string, value: unknown): Change =>
  (data) =>
    (data[key] = value);
const node = (differs: Record<string, unknown>): SiteDocument[] => [...goodSite(1), siteNode(2, differs)];
const partitions = (...items: object[]): SiteDocument[] =>
  node({ storage: { physical_devices: { '!sda': {}, sdx: { partitions: items } } } });
const packages = (data: object): SiteDocument[] => [
  ...goodSite(),
  siteDocument('BootAction', 'list', { assets: [{ type: 'pkg_list', data }] }),
];
const oob = (fields: object, differs: object = {}): SiteDocument[] => node({ oob: fields, ...differs });

describe('the business rules', () => {
  it.each<[string, () => SiteDocument[], string[]]>([
    [
      'the root partition is missing',
      () => partitions({ name: 'boot', size: '2g' }),
      ['Error DD1001 Root volume has to be set and must be > 20GB on BaremetalNode n2'],
    ],
    [
      'it is too small',
      () => partitions({ name: 'root', size: '19g' }),
      ['Error DD1001 Root volume must be > 20GB on BaremetalNode n2'],
    ],
    [
      'it has no proper size',
      () => partitions({ name: 'root', size: '30%' }),
      ['Error DD1001 Root volume has an invalid size format on BaremetalNode n2.'],
    ],
    ['it is as large as it must be', () => partitions({ name: 'root', size: '20000MB' }), []],
    [
      'the boot partition is too small',
      () => partitions({ name: 'root', size: '1t' }, { name: 'boot', size: '512m' }),
      ['Error DD1001 Boot volume must be > 1GB on BaremetalNode n2'],
    ],

    [
      'hugepages have no size',
      () => node({ platform: { kernel_params: { hugepages: '4' } } }),
      ['Error DD1008 Invalid hugepages kernel configuration'],
    ],
    ['hugepages have a size', () => node({ platform: { kernel_params: { hugepages: '4', hugepagesz: '1G' } } }), []],

    [
      'an address is not in its network',
      () => node({ addressing: [{ network: 'mgmt', address: '10.0.1.5' }] }),
      ['Error DD2002 The IP Address 10.0.1.5 is not within the defined CIDR: 10.0.0.0/24 of mgmt .'],
    ],
    [
      'its network is unknown',
      () => node({ addressing: [{ network: 'zz', address: '10.0.0.5' }] }),
      ['Error DD2002 zz is not a valid network.'],
    ],
    [
      'it is no address',
      () => node({ addressing: [{ network: 'mgmt', address: '10.0.0.300' }] }),
      ['Error DD2002 10.0.0.300 is not an IP Address.'],
    ],
    [
      'it is of the other family, with the same first bytes',
      () => node({ addressing: [{ network: 'mgmt', address: 'a00::5' }] }),
      ['Error DD2002 The IP Address a00::5 is not within the defined CIDR: 10.0.0.0/24 of mgmt .'],
    ],
    [
      'it is a short form',
      () => node({ addressing: [{ network: 'mgmt', address: '10.5' }] }),
      ['Error DD2002 10.5 is not an IP Address.'],
    ],
    ['it comes by DHCP from an unknown network', () => node({ addressing: [{ network: 'zz', address: 'dhcp' }] }), []],
    [
      'a gateway is elsewhere',
      () => changed('Network', 'mgmt', set('routes', [{ subnet: '0.0.0.0/0', gateway: '10.9.0.1' }])),
      ['Error DD2002 The gateway IP Address 10.9.0.1 is not within the defined CIDR: 10.0.0.0/24 of mgmt.'],
    ],
    [
      'a gateway is missing',
      () => changed('Network', 'mgmt', set('routes', [{ subnet: '10.8.0.0/16' }])),
      ['Error DD2002 No gateway found for route 10.8.0.0/16.'],
    ],
    [
      'a gateway is none',
      () => changed('Network', 'mgmt', set('routes', [{ gateway: 'router' }])),
      ['Error DD2002 The gateway router is not an IP Address.'],
    ],

    [
      'an MTU is too small',
      () => changed('Network', 'mgmt', set('mtu', 1279)),
      ['Error DD2003 MTU must be between 1280 and 65536, value is 1279'],
    ],
    [
      'an MTU is larger than its link carries',
      () => changed('Network', 'mgmt', set('mtu', 9001)),
      ['Error DD2003 MTU must be <= the parent Network Link; for Network mgmt'],
    ],
    [
      "a link's MTU is too large",
      () => changed('NetworkLink', 'gp', set('mtu', 65_537)),
      ['Error DD2003 MTU must be between 1280 and 65536, value is 65537'],
    ],

    [
      'an untrunked link has two networks',
      () => changed('NetworkLink', 'pxe', set('allowed_networks', ['pxe', 'zz'])),
      ['Error DD2004 If there is more than 1 allowed network,trunking mode must be enabled'],
    ],
    [
      'it has no default network',
      () => changed('NetworkLink', 'pxe', set('trunking', { mode: 'disabled' })),
      ['Error DD2004 Trunking mode is disabled, a trunking default_network must be defined'],
    ],
    [
      'it says nothing of trunking',
      () => changed('NetworkLink', 'pxe', (data) => delete data['trunking']),
      ['Error DD2004 Trunking mode is disabled, a trunking default_network must be defined'],
    ],
    [
      'its network is tagged',
      () => changed('Network', 'pxe', set('vlan', '7')),
      ['Error DD2004 Network link native network has a defined VLAN tag.'],
    ],

    [
      'two nodes have an address',
      () => node({ addressing: [{ network: 'mgmt', address: '10.0.0.11' }] }),
      ['Error DD2005 Duplicate IP Address Found: 10.0.0.11 '],
    ],

    [
      'a network is on two links',
      () => changed('NetworkLink', 'gp', set('allowed_networks', ['mgmt', 'pxe'])),
      ['Error DD1007 Allowed network pxe duplicated on NetworkLink gp and NetworkLink pxe'],
    ],
    [
      'an interface has a network its link has not',
      () => node({ interfaces: { pxe: { networks: ['mgmt'] } } }),
      ['Error DD1007 Interface pxe attached to network mgmt not allowed on interface link'],
    ],
    [
      'an interface is on an unknown link',
      () => node({ interfaces: { eth9: { device_link: 'zz', networks: ['mgmt'] } } }),
      ['Error DD1007 Interface eth9 connected to undefined network link zz.'],
    ],

    [
      'IPMI lacks all it needs',
      () => oob({ type: 'ipmi' }),
      ['account', 'credential', 'network'].map((key) => `Error DD4001 OOB parameter ${key} for node n2 missing.`),
    ],
    [
      'IPMI has no address',
      () => oob({ type: 'ipmi', account: 'a', credential: 'b', network: 'pxe' }),
      ['Error DD4001 OOB address missing for IPMI node n2.'],
    ],
    [
      'IPMI is on an unknown network',
      () => oob({ type: 'ipmi', account: 'a', credential: 'b', network: 'zz' }),
      ['Error DD4001 OOB network zz for node n2 is not defined.'],
    ],
    ['IPMI has all it needs', () => oob({ type: 'ipmi', account: 'a', credential: 'b', network: 'mgmt' }), []],
    [
      'libvirt lacks all it needs',
      () => oob({ type: 'libvirt' }),
      [
        'Error DD4002 OOB parameter libvirt_uri for node n2 missing.',
        'Error DD4002 libvirt-based node n2 requires a boot_mac',
      ],
    ],
    [
      'libvirt is reached otherwise',
      () => oob({ type: 'libvirt', libvirt_uri: 'qemu:///system' }, { metadata: { boot_mac: '52:54:00:00:00:01' } }),
      ['Error DD4002 OOB parameter libvirt_uri for node n2 has an unsupported scheme.'],
    ],
    [
      'libvirt has all it needs',
      () =>
        oob({ type: 'libvirt', libvirt_uri: 'qemu+ssh://h/system' }, { metadata: { boot_mac: '52:54:00:00:00:01' } }),
      [],
    ],

    [
      'no boot action is for a node',
      () => [
        ...goodSite().slice(0, -1),
        {
          ...HELLO,
          data: {
            ...HELLO.data,
            node_filter: { filter_set_type: 'union', filter_set: [{ filter_type: 'union', node_names: ['n1'] }] },
          },
        },
      ],
      ['Warning DD4001 Node n2 is not in scope for any bootactions.'],
    ],
    [
      'a package list is empty',
      () => packages({}),
      ["Error DD4002 Bootaction has asset of type 'pkg_list' but no valid package data"],
    ],
    [
      'versions are none',
      () => packages({ a: ':)', b: '1.0' }),
      [
        'Error DD4002 Version specifier :) is not a valid format.',
        'Error DD4002 Version specifier 1.0 is not a valid format.',
      ],
    ],
    ['versions are good', () => packages({ a: null, b: '1.6-2.1', c: '1:2.0+dfsg~1-0ubuntu1' }), []],

    [
      'a CIDR has host bits',
      () => changed('Network', 'pxe', set('cidr', '10.1.0.7/24')),
      ['Error DD2006 The provided CIDR 10.1.0.7/24 has host bits set'],
    ],
    [
      'a CIDR is none',
      () => changed('Network', 'pxe', set('cidr', '10.1.0.0/33')),
      ['Error DD2006 The provided CIDR 10.1.0.0/33 is not one'],
    ],
    [
      'a CIDR is missing',
      () => changed('Network', 'pxe', (data) => delete data['cidr']),
      ['Error DD2006 The network pxe has no CIDR'],
    ],
  ])('when %s', async (_what, documents, expected) => {
    expect(await findings(documents())).toEqual(expected);
  });

  it.each([
    ['n_1', "FQDN n_1.lab.example.com is invalid - label 'n_1' is invalid."],
    ['a__b', "FQDN a__b.lab.example.com is invalid - label 'a__b' is invalid."],
    ['../n1', "label '/n1' is invalid."],
    [`${'x'.repeat(64)}`, `label '${'x'.repeat(64)}' is invalid.`],
    [`${'x.'.repeat(124)}`, 'greater than 255 characters'],
  ])('when a host is called %.20s', async (name, complaint) => {
    const documents = node({}).map((document) =>
      document.metadata.name === 'n2' ? { ...document, metadata: { name } } : document,
    );
    const found = await findings(documents);
    expect(found.every((text) => text.startsWith('Error DD3003 '))).toBe(true);
    expect(found.join('\n')).toContain(complaint);
  });

  it('say what an author should do, and which documents it is about', async () => {
    const documents = changed('Network', 'pxe', set('cidr', '10.1.0.7/24'));
    const { messages } = await readDesign(Buffer.from(siteText(documents)), never);
    expect(messages.find(({ level }) => level === 'Error')).toEqual({
      code: 'DD2006',
      level: 'Error',
      message: 'CIDR Validity: The provided CIDR 10.1.0.7/24 has host bits set',
      diagnostic: 'Provide a CIDR without host bits: 10.1.0.0/24',
      documents: [{ schema: 'drydock/Network/v1', name: 'pxe' }],
    });
    // The rule has an error, so it does not claim to hold as well.
    expect(messages.filter(({ code }) => code === 'DD2006')).toHaveLength(1);
  });

  it('warn of a site without networks and nodes', async () => {
    const found = await findings([siteDocument('Region', 'lab', {})]);
    expect(found).toEqual([
      'Warning DD2002 No networks found.',
      'Warning DD2002 No baremetal_nodes found.',
      'Warning DD2005 No BaremetalNodes Found.',
      'Warning DD2006 No networks found.',
    ]);
  });
});
