import type { Design } from '../design.js';
import { type DesignMessage, designMessage } from '../design-message.js';
import { duplicateAddresses, addressesInNetworks } from './address-rules.js';
import { nodesWithBootActions, packageVersions, pathsOnNodes } from './boot-action-rules.js';
import { hostnames, hugepages } from './node-rules.js';
import { cidrs, linkNetworks, mtus, trunking } from './network-rules.js';
import { ipmi, libvirt } from './oob-rules.js';
import type { Rule } from './rule.js';
import { bootStorage } from './storage-rules.js';

/** In upstream's order (spec drydock section 7.4). A rule that we do not really check is not here, so nobody is told it holds. */
export const DESIGN_RULES: readonly Rule[] = [
  bootStorage,
  hugepages,
  addressesInNetworks,
  mtus,
  trunking,
  duplicateAddresses,
  linkNetworks,
  hostnames,
  ipmi,
  libvirt,
  nodesWithBootActions,
  packageVersions,
  pathsOnNodes,
  cidrs,
];

/** What the rules say of a design; one that finds no error says that, too. */
export function checkDesign(design: Design, rules: readonly Rule[]): DesignMessage[] {
  return rules.flatMap(({ code, title, check }) => {
    const findings = check(design);
    const messages = findings.map(({ level, message, documents, diagnostic }) =>
      designMessage(level, code, `${title}: ${message}`, documents, diagnostic),
    );
    const isGood = findings.every(({ level }) => level !== 'Error');
    return isGood ? [...messages, designMessage('Info', code, `${title}: Validation successful.`)] : messages;
  });
}
