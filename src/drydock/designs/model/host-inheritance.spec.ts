import type { NodeInterface } from '../design.js';
import { inherit, NOTHING } from './host-inheritance.js';
import { type HostLayer, readHostLayer } from './host-layer.js';

const layer = (data: Record<string, unknown>): HostLayer => readHostLayer(data);
const over = (child: Record<string, unknown>, parent: Record<string, unknown>): HostLayer =>
  inherit(layer(child), inherit(layer(parent), NOTHING));

describe('inheritance', () => {
  it('of single values: the child counts, and ! or -1 takes them away', () => {
    const parent = { hardware_profile: 'hw', primary_network: 'mgmt', platform: { image: 'a', kernel: 'b' } };
    const child = { primary_network: '!', platform: { image: 'c' }, metadata: { rack: '-1' }, oob: { type: 'ipmi' } };
    expect(over(child, parent).scalars).toEqual({
      hardwareProfile: 'hw',
      primaryNetwork: null,
      oobType: 'ipmi',
      rack: null,
      image: 'c',
      kernel: 'b',
    });
  });

  it("of lists: the child's first, then the parent's that it does not take away, each once", () => {
    const parent = { metadata: { tags: ['a', 'b', 'c'] } };
    expect(over({ metadata: { tags: ['z', '!b', 'c'] } }, parent).tags).toEqual(['z', 'c', 'a']);
    expect(over({}, parent).tags).toEqual(['a', 'b', 'c']);
    expect(over({ metadata: { tags: ['!a'] } }, {}).tags).toEqual([]);
  });

  it("of maps: the parent's first, each with the child's value, and !key takes it away", () => {
    const parent = { metadata: { owner_data: { a: '1', b: '2', c: '3' } } };
    const child = { metadata: { owner_data: { z: '9', '!b': '', c: '4' } } };
    expect(over(child, parent).labels).toEqual([
      ['a', '1'],
      ['c', '4'],
      ['z', '9'],
    ]);
  });

  it('of interfaces: by name, with their lists merged and the virtual functions kept', () => {
    const parent = {
      interfaces: {
        bond0: { device_link: 'gp', slaves: ['nic1', 'nic2'], networks: ['mgmt', 'private'], sriov: { vf_count: 2 } },
        pxe: { device_link: 'pxe', networks: ['pxe'] },
        old: { device_link: 'gp' },
      },
    };
    const child = {
      interfaces: { bond0: { networks: ['!private', 'public'] }, '!pxe': {}, old: null, eth9: { device_link: 'x' } },
    };
    const { interfaces } = over(child, parent);
    expect(interfaces.map(({ name }: NodeInterface) => name)).toEqual(['bond0', 'eth9']);
    expect(interfaces[0]).toEqual({
      name: 'bond0',
      deviceLink: 'gp',
      slaves: ['nic1', 'nic2'],
      networks: ['public', 'mgmt'],
      labels: [],
      sriov: { vfCount: 2, trustedMode: false },
    });
  });

  it('of storage: by device and by partition', () => {
    const disk = (partitions: object[]): Record<string, unknown> => ({
      storage: { physical_devices: { sda: { partitions } } },
    });
    const parent = disk([
      { name: 'root', size: '20g', filesystem: { mountpoint: '/', fstype: 'ext4' } },
      { name: 'old', size: '1g' },
    ]);
    const child = disk([{ name: 'root', size: '40g', filesystem: { fstype: 'xfs' } }, { name: '!old' }]);
    expect(over(child, parent).disks).toEqual([
      {
        name: 'sda',
        volumeGroup: null,
        partitions: [{ name: 'root', size: '40g', volumeGroup: null, fileSystem: { mountpoint: '/', type: 'xfs' } }],
      },
    ]);
    const group = { storage: { physical_devices: { sda: { volume_group: 'vg' } } } };
    expect(over(group, parent).disks).toEqual([{ name: 'sda', volumeGroup: 'vg', partitions: [] }]);
    expect(over(disk([{ name: 'root' }]), group).disks[0]).toMatchObject({ volumeGroup: null });
  });

  it('of the controller: its fields are a map, and other values than texts are written', () => {
    const parent = { oob: { type: 'redfish', account: 'a', port: 8000 } };
    const { oob, scalars } = over({ oob: { credential: 's', '!account': '' } }, parent);
    expect([scalars.oobType, oob]).toEqual([
      'redfish',
      [
        ['port', '8000'],
        ['credential', 's'],
      ],
    ]);
  });
});
