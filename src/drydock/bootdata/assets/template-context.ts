import type { DesignNode, NodeInterface } from '../../designs/design.js';
import { dictOf, type Plain } from '../../templates/context-values.js';
import type { Dict } from '../../templates/values.js';

/** What a boot action's templates know of the action. */
export interface ActionWords {
  readonly actionId: string;
  /** As the node presented it; nobody else has it. */
  readonly key: string;
  /** Ends with `/`; a node reports to it plus the id. */
  readonly reportUrl: string;
  readonly designRef: string;
}

/** What templates see (spec drydock section 2.3). Nothing in it is shared with any other rendering. */
export function templateContext(node: DesignNode, action: ActionWords): Dict {
  return dictOf(
    new Map<string, Plain>([
      ['node', nodeWords(node)],
      [
        'action',
        new Map([
          ['action_id', action.actionId],
          ['action_key', action.key],
          ['report_url', action.reportUrl],
          ['design_ref', action.designRef],
        ]),
      ],
    ]),
  );
}

function nodeWords(node: DesignNode): Plain {
  return new Map<string, Plain>([
    ['hostname', node.name],
    ['domain', node.domain],
    ['tags', [...node.tags]],
    ['labels', new Map(node.labels)],
    ['network', networkWords(node)],
    ['interfaces', new Map(node.interfaces.map((one) => [one.name, interfaceWords(one)]))],
  ]);
}

/** Those with a static address only; the primary one is `default` as well. */
function networkWords({ addresses, primaryNetwork }: DesignNode): Plain {
  const networks = new Map<string, Plain>();
  for (const { network, kind, ip, cidr, dnsSuffix } of addresses) {
    if (kind !== 'static') continue;
    const words = new Map<string, Plain>([
      ['ip', ip],
      ['cidr', cidr],
      ['dns_suffix', dnsSuffix],
    ]);
    networks.set(network, words);
    if (network === primaryNetwork) networks.set('default', words);
  }
  return networks;
}

function interfaceWords({ sriov }: NodeInterface): Plain {
  if (!sriov) return new Map<string, Plain>([['sriov', false]]);
  return new Map<string, Plain>([
    ['sriov', true],
    ['vf_count', sriov.vfCount],
    ['trustedmode', sriov.trustedMode],
  ]);
}
