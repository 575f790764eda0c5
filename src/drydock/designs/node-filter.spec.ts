import fc from 'fast-check';
import { Invalid } from '../../common/errors.js';
import type { DesignNode, Rack } from './design.js';
import { readNodeFilter, selectNodes } from './node-filter.js';

function node(name: string, differs: Partial<DesignNode> = {}): DesignNode {
  return {
    name,
    domain: 'local',
    primaryNetwork: null,
    hostProfile: null,
    hardwareProfile: null,
    tags: [],
    labels: [],
    rack: null,
    bootMac: null,
    addresses: [],
    interfaces: [],
    oob: { type: null, network: null, account: null, credential: null, parameters: [] },
    platform: { image: null, kernel: null, kernelParams: [] },
    disks: [],
    volumeGroups: [],
    ...differs,
  };
}

const NODES = [
  node('controller01', { tags: ['test'], rack: 'rack1', labels: [['foo', 'bar']] }),
  node('compute01', {
    tags: ['test', 'big'],
    rack: 'rack2',
    labels: [
      ['foo', 'baz'],
      ['zone', 'z1'],
    ],
  }),
  node('compute02', {
    tags: ['test'],
    rack: 'rack3',
    labels: [
      ['foo', 'bar'],
      ['zone', 'z1'],
    ],
  }),
];
const RACKS: Rack[] = [
  { name: 'rack1', labels: [['hall', 'a']] },
  {
    name: 'rack2',
    labels: [
      ['hall', 'b'],
      ['row', '1'],
    ],
  },
  {
    name: 'rack3',
    labels: [
      ['hall', 'b'],
      ['row', '2'],
    ],
  },
];
const SITE = { nodes: NODES, racks: RACKS };

const select = (filter: unknown, site = SITE): string[] => selectNodes(site, readNodeFilter(filter));
/** One filter of a kind on its own. */
const one = (filter_type: string, criteria: object): string[] =>
  select({ filter_set_type: 'intersection', filter_set: [{ filter_type, ...criteria }] });

describe('a node filter', () => {
  it.each<[string, string, object, string[]]>([
    ['names', 'intersection', { node_names: ['compute01'] }, ['compute01']],
    ['names in any order', 'union', { node_names: ['compute02', 'controller01', 'zz'] }, ['controller01', 'compute02']],
    ['racks', 'intersection', { rack_names: ['rack2', 'rack3'] }, ['compute01', 'compute02']],
    ['a tag', 'intersection', { node_tags: ['test'] }, ['controller01', 'compute01', 'compute02']],
    ['any of the tags', 'intersection', { node_tags: ['big', 'zz'] }, ['compute01']],
    ['a label', 'intersection', { node_labels: { foo: 'baz' } }, ['compute01']],
    ['all labels', 'intersection', { node_labels: { foo: 'bar', zone: 'z1' } }, ['compute02']],
    ['any label', 'union', { node_labels: { foo: 'baz', zone: 'z1' } }, ['compute01', 'compute02']],
    ['labels of its rack', 'intersection', { rack_labels: { hall: 'b', row: '2' } }, ['compute02']],
    ['any label of its rack', 'union', { rack_labels: { hall: 'a', row: '2' } }, ['controller01', 'compute02']],
    ['both criteria', 'intersection', { node_tags: ['test'], rack_names: ['rack1'] }, ['controller01']],
    ['either criterion', 'union', { node_names: ['compute01'], rack_names: ['rack1'] }, ['controller01', 'compute01']],
    ['no criterion', 'union', {}, []],
    ['no criterion of all', 'intersection', {}, []],
    ['empty lists for none given', 'union', { node_names: [], node_tags: [], rack_names: ['rack3'] }, ['compute02']],
    ['empty lists among all', 'intersection', { node_names: [], node_labels: {}, node_tags: ['big'] }, ['compute01']],
    ['nulls for none given', 'intersection', { node_names: null, node_tags: ['big'] }, ['compute01']],
  ])('selects by %s (%s)', (_what, kind, criteria, expected) => {
    expect(one(kind, criteria)).toEqual(expected);
  });

  it('that is none selects every node; a site without nodes has none to select', () => {
    expect(select(null)).toEqual(['controller01', 'compute01', 'compute02']);
    expect(select(undefined)).toHaveLength(3);
    expect(select(null, { nodes: [], racks: [] })).toEqual([]);
  });

  it('combines filters as the documentation has it: labels all of them, then names besides', () => {
    const nodes = [
      node('a', {
        labels: [
          ['color', 'blue'],
          ['size', 'big'],
        ],
      }),
      node('b', {
        labels: [
          ['color', 'blue'],
          ['size', 'small'],
        ],
      }),
      node('c', { labels: [['color', 'red']] }),
    ];
    const labels = { filter_type: 'intersection', node_labels: { color: 'blue', size: 'big' } };
    const names = { filter_type: 'union', node_names: ['c'] };
    const combined = (filter_set_type: string) =>
      select({ filter_set_type, filter_set: [labels, names] }, { nodes, racks: [] });
    expect(combined('union')).toEqual(['a', 'c']);
    expect(combined('intersection')).toEqual([]);
  });

  it("that a client sends with four lists, three of them empty, is as good as the one list (Shipyard's)", () => {
    const filter = {
      filter_type: 'intersection',
      node_names: [],
      node_tags: [],
      rack_names: ['rack2'],
      node_labels: {},
    };
    expect(select({ filter_set_type: 'union', filter_set: [filter] })).toEqual(['compute01']);
    const empty = { ...filter, rack_names: [] };
    expect(select({ filter_set_type: 'union', filter_set: [empty] })).toEqual([]);
  });

  it.each([
    'garbage',
    5,
    true,
    [],
    {},
    { filter_set_type: 'union' },
    { filter_set_type: 'union', filter_set: [] },
    { filter_set_type: 'union', filter_set: {} },
    { filter_set_type: 'all', filter_set: [{ filter_type: 'union', node_names: ['a'] }] },
    { filter_set: [{ filter_type: 'union', node_names: ['a'] }] },
    { filter_set_type: 'union', filter_set: [{ node_names: ['a'] }] },
    { filter_set_type: 'union', filter_set: [{ filter_type: 'UNION', node_names: ['a'] }] },
    { filter_set_type: 'union', filter_set: [null] },
    { filter_set_type: 'union', filter_set: ['a'] },
    { filter_set_type: 'union', filter_set: [{ filter_type: 'union', node_names: 'a' }] },
    { filter_set_type: 'union', filter_set: [{ filter_type: 'union', node_names: [5] }] },
    { filter_set_type: 'union', filter_set: [{ filter_type: 'union', node_labels: ['a'] }] },
    { filter_set_type: 'union', filter_set: [{ filter_type: 'union', node_labels: { a: true } }] },
    { filter_set_type: 'union', filter_set: [{ filter_type: 'union', names: ['a'] }] },
    { filter_set_type: 'union', filter_set: [{ filter_type: 'union', node_names: ['a'] }], extra: 1 },
    { filter_set_type: 'union', filter_set: Array(1_001).fill({ filter_type: 'union' }) },
  ])('that is not understood is refused, and not taken for every node (%#)', (filter) => {
    expect(() => readNodeFilter(filter)).toThrow(Invalid);
  });

  it('never selects a node that is not there, or one twice', () => {
    const names = fc.subarray(['controller01', 'compute01', 'compute02', 'zz']);
    const kind = fc.constantFrom('union', 'intersection');
    const filter = fc.record({ filter_type: kind, node_names: names, node_tags: fc.subarray(['test', 'big', 'zz']) });
    const set = fc.record({ filter_set_type: kind, filter_set: fc.array(filter, { minLength: 1, maxLength: 4 }) });
    fc.assert(
      fc.property(set, (chosen) => {
        const selected = select(chosen, { nodes: [...NODES, ...NODES], racks: RACKS });
        expect(selected).toEqual(NODES.map(({ name }) => name).filter((name) => selected.includes(name)));
      }),
    );
  });
});
