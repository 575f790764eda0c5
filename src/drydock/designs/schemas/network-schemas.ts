import type { SchemaObject } from 'ajv';
import { closed, NUMBER, open, TEXT, texts } from './shapes.js';

const LABELS = { type: 'object' };

export const REGION: SchemaObject = closed({
  tag_definitions: {
    type: 'array',
    items: closed({ tag: TEXT, definition_type: { enum: ['lshw_xpath'] }, definition: TEXT }),
  },
  authorized_keys: texts,
  repositories: {
    type: 'object',
    properties: { remove_unlisted: { type: 'boolean' } },
    additionalProperties: {
      ...closed({
        repo_type: { type: 'string', pattern: '^(apt|rpm)$' },
        url: TEXT,
        distributions: texts,
        subrepos: texts,
        components: texts,
        gpgkey: TEXT,
        arches: texts,
        options: { type: 'object', additionalProperties: TEXT },
      }),
      // Upstream's schema misspells the keyword that would check a repository, so its own sample lacks `arches`.
      required: ['repo_type', 'url'],
    },
  },
});

export const RACK: SchemaObject = closed({
  tor_switches: { type: 'object', additionalProperties: open({ mgmt_ip: TEXT, sdn_api_uri: TEXT }) },
  location: open({ clli: TEXT, grid: TEXT }),
  local_networks: texts,
  labels: LABELS,
});

export const NETWORK_LINK: SchemaObject = closed({
  bonding: closed({ mode: TEXT, hash: TEXT, peer_rate: TEXT, mon_rate: NUMBER, up_delay: NUMBER, down_delay: NUMBER }),
  mtu: NUMBER,
  linkspeed: TEXT,
  trunking: closed({ mode: TEXT, default_network: TEXT }),
  allowed_networks: texts,
  labels: LABELS,
});

export const NETWORK: SchemaObject = closed({
  cidr: TEXT,
  ranges: { type: 'array', items: closed({ type: TEXT, start: TEXT, end: TEXT }) },
  dns: closed({ domain: TEXT, servers: TEXT }),
  dhcp_relay: closed({ self_ip: TEXT, upstream_target: TEXT }),
  mtu: NUMBER,
  vlan: TEXT,
  routedomain: TEXT,
  routes: { type: 'array', items: closed({ subnet: TEXT, gateway: TEXT, metric: NUMBER, routedomain: TEXT }) },
  labels: LABELS,
});
