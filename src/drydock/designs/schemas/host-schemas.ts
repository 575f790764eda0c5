import type { SchemaObject } from 'ajv';
import { closed, NUMBER, open, TEXT, textMap, texts } from './shapes.js';

const FILE_SYSTEM = { mountpoint: TEXT, fstype: TEXT, mount_options: TEXT, fs_uuid: TEXT, fs_label: TEXT };

const PARTITION = closed({
  name: TEXT,
  size: TEXT,
  part_uuid: TEXT,
  volume_group: TEXT,
  labels: textMap,
  bootable: { type: 'boolean' },
  filesystem: closed(FILE_SYSTEM),
});

const STORAGE = open({
  physical_devices: {
    type: 'object',
    additionalProperties: open({
      labels: textMap,
      volume_group: TEXT,
      partitions: { type: 'array', items: PARTITION },
    }),
  },
  volume_groups: {
    type: 'object',
    additionalProperties: open({
      vg_uuid: TEXT,
      logical_volumes: {
        type: 'array',
        items: open({ name: TEXT, lv_uuid: TEXT, size: TEXT, filesystem: open(FILE_SYSTEM) }),
      },
    }),
  },
});

const INTERFACE: SchemaObject = {
  ...open({
    device_link: TEXT,
    slaves: texts,
    networks: texts,
    labels: { type: 'object' },
    sriov: open({ vf_count: NUMBER, trustedmode: { type: 'boolean' } }),
  }),
  // Null takes an inherited interface away, as the documentation has it; upstream's schema refuses its own word.
  type: ['object', 'null'],
};

const COMMON = {
  host_profile: TEXT,
  hardware_profile: TEXT,
  primary_network: TEXT,
  oob: open({ type: TEXT, network: TEXT, account: TEXT, credential: TEXT }),
  storage: STORAGE,
  platform: closed({ image: TEXT, kernel: TEXT, kernel_params: { type: 'object' } }),
  metadata: closed({ tags: texts, owner_data: textMap, rack: TEXT, boot_mac: TEXT }),
  interfaces: { type: 'object', additionalProperties: INTERFACE },
};

export const HOST_PROFILE: SchemaObject = closed(COMMON);

export const BAREMETAL_NODE: SchemaObject = closed({
  ...COMMON,
  addressing: { type: 'array', items: open({ address: TEXT, network: TEXT }) },
});

export const HARDWARE_PROFILE: SchemaObject = closed({
  vendor: TEXT,
  generation: TEXT,
  hw_version: TEXT,
  bios_version: TEXT,
  boot_mode: { enum: ['bios', 'uefi'] },
  bootstrap_protocol: { enum: ['pxe', 'usb', 'hdd'] },
  pxe_interface: NUMBER,
  device_aliases: { type: 'object', additionalProperties: { type: 'object' } },
  cpu_sets: textMap,
  hugepages: { type: 'object', additionalProperties: open({ size: TEXT, count: NUMBER }) },
});
