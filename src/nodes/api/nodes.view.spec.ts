import type { Node } from '../node.entity.js';
import { toFullNodeView, toNodeView } from './nodes.view.js';

const node: Node = {
  id: 3,
  uuid: 'not sent',
  name: 'Untitled (7e:61)',
  mac: '52:54:00:ab:7e:61',
  ip: '10.20.0.3',
  fqdn: 'node-3.domain.tld',
  hostname: null,
  manufacturer: 'VirtualBox',
  platformName: null,
  osPlatform: 'ubuntu',
  kernelParams: null,
  meta: { interfaces: [], memory: { total: 1024 } },
  status: 'ready',
  progress: 100,
  roles: ['controller', 'mongo'],
  pendingRoles: ['cinder'],
  pendingAddition: false,
  pendingDeletion: false,
  errorType: null,
  errorMsg: 'not sent',
  online: true,
  reportedAt: new Date(),
  agentChecksum: 'not sent',
  clusterId: 1,
  groupId: null,
  networkData: [],
  labels: {},
  driver: 'ssh',
  sshPort: 2222,
  sshUsername: 'root',
  sshPasswordEncrypted: 'v1:secret',
  sshKeyEncrypted: null,
  sshPassphraseEncrypted: null,
  hostKey: 'SHA256:x',
  hostKeyPolicy: 'tofu',
  simulation: {},
  deployedReleaseId: 2,
  deployedAt: new Date(),
};

describe('a node on the wire', () => {
  it('has every field of 5.1 and what later clients need, numbers as numbers', () => {
    expect(toNodeView({ node, workProgress: null })).toEqual({
      id: 3,
      name: 'Untitled (7e:61)',
      mac: '52:54:00:ab:7e:61',
      ip: '10.20.0.3',
      fqdn: 'node-3.domain.tld',
      hostname: 'node-3',
      manufacturer: 'VirtualBox',
      platform_name: null,
      os_platform: 'ubuntu',
      kernel_params: null,
      meta: { interfaces: [], memory: { total: 1024 } },
      status: 'ready',
      progress: 100,
      roles: ['controller', 'mongo'],
      pending_roles: ['cinder'],
      pending_addition: false,
      pending_deletion: false,
      error_type: null,
      online: true,
      cluster: 1,
      group_id: null,
      network_data: [],
      labels: {},
    });
  });

  it('shows how it is reached, and that there are secrets, but none', () => {
    const view = toFullNodeView({ node, workProgress: null });
    expect(view.slipway).toEqual({
      driver: 'ssh',
      ssh: {
        port: 2222,
        username: 'root',
        has_password: true,
        has_private_key: false,
        has_passphrase: false,
        host_key: 'SHA256:x',
        host_key_policy: 'tofu',
      },
      simulation: {},
    });
    expect(JSON.stringify(view)).not.toMatch(/v1:|not sent/);
  });

  it.each([
    ['deploying', 0, 40, 40],
    ['provisioning', 0, 7, 7],
    ['deploying', 0, null, 0],
    ['ready', 100, 40, 100],
    ['error', 100, 40, 100],
  ] as const)('%s/%i with a job at %s shows %i', (status, progress, workProgress, shown) => {
    expect(toNodeView({ node: { ...node, status, progress }, workProgress }).progress).toBe(shown);
  });
});
