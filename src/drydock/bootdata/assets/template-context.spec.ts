import type { DesignNode } from '../../designs/design.js';
import { renderTemplate } from '../../templates/render-template.js';
import { templateContext } from './template-context.js';

const NODE = {
  name: 'n1',
  domain: 'lab.example.com',
  primaryNetwork: 'mgmt',
  tags: ['t1', 'base'],
  labels: [
    ['zone', 'z1'],
    ['role', 'worker'],
  ],
  addresses: [
    { network: 'pxe', kind: 'dhcp', ip: null, cidr: '10.1.0.0/24', dnsSuffix: null },
    { network: 'mgmt', kind: 'static', ip: '10.0.0.11', cidr: '10.0.0.0/24', dnsSuffix: 'lab.example.com' },
    { network: 'calico', kind: 'static', ip: '10.2.0.11', cidr: '10.2.0.0/24', dnsSuffix: null },
  ],
  interfaces: [
    { name: 'bond0', sriov: { vfCount: 2, trustedMode: false } },
    { name: 'eth9', sriov: null },
  ],
  oob: { credential: 'sekret' },
} as unknown as DesignNode;
const KEY = 'ab'.repeat(32);
const ACTION = { actionId: '01ARZ3NDEKTSV4RRFFQ69G5FAV', key: KEY, reportUrl: 'http://s/', designRef: 'file:///d' };

const print = (template: string) => renderTemplate(template, templateContext(NODE, ACTION));

describe('what a boot action’s template sees', () => {
  it.each([
    ['{{ node.hostname }}.{{ node.domain }}', 'n1.lab.example.com'],
    ['{{ node.tags }} {{ node.labels }}', "['t1', 'base'] {'zone': 'z1', 'role': 'worker'}"],
    ['{{ node.network.mgmt.ip }} {{ node.network.mgmt.cidr }}', '10.0.0.11 10.0.0.0/24'],
    ['{{ node.network.mgmt.dns_suffix }} {{ node.network.default.ip }}', 'lab.example.com 10.0.0.11'],
    ["{{ 'pxe' in node.network }} {{ node.network.calico.dns_suffix }}", 'False None'],
    ['{% for name in node.network %}{{ name }} {% endfor %}', 'mgmt default calico '],
    ['{{ node.interfaces.bond0 }}', "{'sriov': True, 'vf_count': 2, 'trustedmode': False}"],
    ['{{ node.interfaces.eth9 }}', "{'sriov': False}"],
    ['{{ action.action_id }} {{ action.action_key }}', `01ARZ3NDEKTSV4RRFFQ69G5FAV ${KEY}`],
    ['{{ action.report_url }}{{ action.design_ref }}', 'http://s/file:///d'],
  ])('%s is %s', (template, text) => {
    expect(print(template)).toBe(text);
  });

  it('is nothing else: no password of a controller', () => {
    expect(print('{{ node }}{{ node.oob }}')).not.toContain('sekret');
  });

  it('is new for each template', () => {
    print("{{ node.labels.update({'zone': 'changed'}) }}{{ node.tags.append('changed') }}");
    expect(print('{{ node }}')).not.toContain('changed');
  });
});
