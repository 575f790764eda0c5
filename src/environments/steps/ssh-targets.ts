import { readFile } from 'node:fs/promises';
import type { HostKeyPolicy } from '../../drivers/device-driver.js';
import type { NodeHost } from '../../drivers/node-host/node-host-driver.js';
import { fingerprintOf } from '../../drivers/ssh/host-key.js';
import type { StepWork } from './step-work.js';
import { failedTry, numberOf, textOf, unfit } from './work-text.js';

/** Numbers of ours on hosts; a cluster's nodes have the smaller ones. */
const FIRST_PLACE = 2 ** 31;
const SSH_PORT = 22;

/** The context's name of a host key that was learned at a first contact. */
export function hostKeyName(address: string, port: number): string {
  return `hostKey:${address}:${port}`;
}

export function leaseHolder({ environment }: { readonly environment: { readonly id: number } }): string {
  return `environment:${environment.id}`;
}

/** Where the step's commands are to run: its `host`, or every server of its `role`. */
export async function sshTargets(work: StepWork): Promise<NodeHost[]> {
  const role = textOf(work, 'role');
  if (role !== null) return targetsOfRole(work, role);
  const address = textOf(work, 'host');
  if (!address) throw unfit('An ssh step needs a host or a role');
  const port = numberOf(work, 'port', SSH_PORT);
  const privateKey = textOf(work, 'privateKey') ?? (await keyIn(work.drivers.sshLogin.keyFile));
  return [
    {
      ...hostAt(work, address, port, textOf(work, 'hostKey')),
      username: textOf(work, 'username') ?? work.drivers.sshLogin.username,
      password: textOf(work, 'password'),
      privateKey,
    },
  ];
}

async function targetsOfRole(work: StepWork, role: string): Promise<NodeHost[]> {
  const servers = work.servers.filter((server) => server.role === role);
  if (servers.length === 0) throw unfit(`The environment has no server of the role ${role}`);
  return Promise.all(
    servers.map(async (server) => {
      const login = await work.drivers.leases.find()?.login(leaseHolder(work), server.id);
      if (!login) throw failedTry(`The pool has taken ${server.hostname} away`);
      const privateKey = textOf(work, 'privateKey') ?? (await keyIn(login.privateKeyFile ?? undefined));
      return {
        ...hostAt(work, login.address, login.port, textOf(work, 'hostKey') ?? login.hostKey),
        name: server.hostname,
        username: textOf(work, 'username') ?? login.username,
        password: textOf(work, 'password'),
        privateKey,
      };
    }),
  );
}

function hostAt(work: StepWork, address: string, port: number, hostKey: string | null) {
  const learned = work.scope.context?.[hostKeyName(address, port)];
  const known = hostKey ?? (typeof learned === 'string' ? learned : null);
  const hostKeyPolicy: HostKeyPolicy = hostKey === null ? 'tofu' : 'strict';
  const key = known === null ? null : asFingerprint(known);
  const name = `${address}:${port}`;
  const id = FIRST_PLACE + work.environment.id;
  return { id, name, address, port, passphrase: null, hostKeyPolicy, hostKey: key, simulation: {} };
}

/** As `ssh-keygen -lf` or as `known_hosts` has it. */
function asFingerprint(text: string): string {
  if (text.startsWith('SHA256:')) return text;
  const [, blob] = /^\s*(?:ssh-|ecdsa-|sk-)\S+\s+([A-Za-z0-9+/=]+)/.exec(text) ?? [];
  if (blob === undefined) throw unfit('The host key is neither SHA256:… nor a public key');
  return fingerprintOf(Buffer.from(blob, 'base64'));
}

async function keyIn(file: string | undefined): Promise<string | null> {
  if (file === undefined) return null;
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw unfit(`The private key file ${file} cannot be read: ${(error as Error).message}`);
  });
}
