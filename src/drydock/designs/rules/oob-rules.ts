import type { DesignNode } from '../design.js';
import { refTo } from '../design-refs.js';
import { error, type Finding, type Rule } from './rule.js';

export const ipmi: Rule = {
  code: 'DD4001',
  title: 'OOB IPMI',
  check: ({ nodes, networks }) => {
    const known = new Set(networks.map(({ name }) => name));
    return nodes.filter(({ oob }) => oob.type === 'ipmi').flatMap((node) => checkIpmi(node, known));
  },
};

function checkIpmi({ name, oob, addresses }: DesignNode, networks: ReadonlySet<string>): Finding[] {
  const missing = (['account', 'credential', 'network'] as const).filter((key) => oob[key] === null);
  const documents = [refTo('BaremetalNode', name)];
  const findings = missing.map((key) =>
    error(`OOB parameter ${key} for node ${name} missing.`, documents, 'Define OOB account, credential and network.'),
  );
  if (oob.network === null) return findings;
  if (!networks.has(oob.network)) {
    const text = `OOB network ${oob.network} for node ${name} is not defined.`;
    findings.push(error(text, documents, 'Define the network of the OOB interface.'));
  } else if (!addresses.some(({ network, ip }) => network === oob.network && ip !== null)) {
    const text = `OOB address missing for IPMI node ${name}.`;
    findings.push(error(text, documents, 'Give the node an address on its OOB network.'));
  }
  return findings;
}

export const libvirt: Rule = {
  code: 'DD4002',
  title: 'OOB Libvirt',
  check: ({ nodes }) => nodes.filter(({ oob }) => oob.type === 'libvirt').flatMap(checkLibvirt),
};

function checkLibvirt({ name, oob, bootMac }: DesignNode): Finding[] {
  const documents = [refTo('BaremetalNode', name)];
  const address = new Map(oob.parameters).get('libvirt_uri');
  const findings: Finding[] = [];
  if (address === undefined) {
    findings.push(error(`OOB parameter libvirt_uri for node ${name} missing.`, documents, 'Define libvirt_uri.'));
  } else if (!address.startsWith('qemu+ssh:')) {
    const text = `OOB parameter libvirt_uri for node ${name} has an unsupported scheme.`;
    findings.push(error(text, documents, 'Only qemu+ssh is supported.'));
  }
  if (bootMac === null) {
    findings.push(error(`libvirt-based node ${name} requires a boot_mac`, documents, 'Specify the boot MAC.'));
  }
  return findings;
}
