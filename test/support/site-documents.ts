/** A small good site as plain documents, for tests to change: JSON is YAML, so `siteText` makes a design of them. */
export interface SiteDocument {
  schema: string;
  metadata: { name: string };
  data: Record<string, unknown>;
}

export function siteDocument(kind: string, name: string, data: Record<string, unknown>): SiteDocument {
  return { schema: `drydock/${kind}/v1`, metadata: { name }, data };
}

export function siteText(documents: readonly unknown[]): string {
  return documents.map((document) => `---\n${JSON.stringify(document)}\n`).join('');
}

const ROOT_DISK = {
  sda: {
    labels: { role: 'rootdisk' },
    partitions: [
      { name: 'root', size: '20g', filesystem: { mountpoint: '/', fstype: 'ext4' } },
      { name: 'boot', size: '1g', filesystem: { mountpoint: '/boot', fstype: 'ext4' } },
    ],
  },
};

const INTERFACES = {
  pxe: { device_link: 'pxe', labels: { noconfig: true }, slaves: ['nic01'], networks: ['pxe'] },
  bond0: {
    device_link: 'gp',
    slaves: ['nic01', 'nic02'],
    networks: ['mgmt'],
    sriov: { vf_count: 2, trustedmode: false },
  },
};

function networks(): SiteDocument[] {
  return [
    siteDocument('Network', 'mgmt', {
      cidr: '10.0.0.0/24',
      mtu: 1500,
      vlan: '100',
      dns: { domain: 'lab.example.com', servers: '10.0.0.2' },
      ranges: [{ type: 'static', start: '10.0.0.10', end: '10.0.0.200' }],
      routes: [{ subnet: '0.0.0.0/0', gateway: '10.0.0.1', metric: 10 }],
    }),
    siteDocument('Network', 'pxe', { cidr: '10.1.0.0/24', dns: { domain: 'pxe.example.com' } }),
    siteDocument('NetworkLink', 'gp', {
      bonding: { mode: '802.3ad', hash: 'layer3+4', peer_rate: 'slow' },
      mtu: 9000,
      linkspeed: 'auto',
      trunking: { mode: '802.1q', default_network: 'mgmt' },
      allowed_networks: ['mgmt'],
    }),
    siteDocument('NetworkLink', 'pxe', {
      bonding: { mode: 'disabled' },
      trunking: { mode: 'disabled', default_network: 'pxe' },
      allowed_networks: ['pxe'],
    }),
  ];
}

function profiles(): SiteDocument[] {
  return [
    siteDocument('HardwareProfile', 'generic', { vendor: 'ACME', boot_mode: 'uefi', bootstrap_protocol: 'pxe' }),
    siteDocument('HostProfile', 'base', {
      storage: { physical_devices: ROOT_DISK },
      platform: { image: 'jammy', kernel: 'ga-22.04', kernel_params: { quiet: true } },
      metadata: { tags: ['base'], owner_data: { zone: 'z1' } },
    }),
    siteDocument('HostProfile', 'worker', {
      host_profile: 'base',
      hardware_profile: 'generic',
      primary_network: 'mgmt',
      interfaces: INTERFACES,
      metadata: { owner_data: { role: 'worker' } },
    }),
  ];
}

/** `n1`, `n2`, … with an address each, in racks `r1`, `r2`, …. */
export function siteNode(number: number, differs: Record<string, unknown> = {}): SiteDocument {
  return siteDocument('BaremetalNode', `n${number}`, {
    host_profile: 'worker',
    addressing: [
      { network: 'mgmt', address: `10.0.0.${10 + number}` },
      { network: 'pxe', address: 'dhcp' },
    ],
    metadata: { tags: ['t1'], rack: `r${number}` },
    ...differs,
  });
}

export const HELLO = siteDocument('BootAction', 'hello', {
  assets: [
    {
      path: '/var/tmp/hello.sh',
      type: 'file',
      permissions: '555',
      data: '#!/bin/sh\necho hello from {{ node.hostname }}\n',
      data_pipeline: ['utf8_decode', 'template'],
    },
  ],
});

export function goodSite(nodeCount = 2): SiteDocument[] {
  const nodes = Array.from({ length: nodeCount }, (_, index) => siteNode(index + 1));
  return [
    siteDocument('Region', 'lab', { authorized_keys: ['ssh-rsa AAAA me'], repositories: { remove_unlisted: true } }),
    siteDocument('Rack', 'r1', { local_networks: ['pxe'], labels: { hall: 'a', row: '1' } }),
    siteDocument('Rack', 'r2', { labels: { hall: 'a', row: '2' } }),
    ...networks(),
    ...profiles(),
    ...nodes,
    structuredClone(HELLO),
  ];
}

/** The documents with one of them changed. */
export function withChanged(
  documents: readonly SiteDocument[],
  kind: string,
  name: string,
  change: (data: Record<string, unknown>) => void,
): SiteDocument[] {
  const changed = structuredClone([...documents]);
  const found = changed.find(({ schema, metadata }) => schema === `drydock/${kind}/v1` && metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  change(found.data);
  return changed;
}
