import { readFile } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { NotFound } from '../common/errors.js';
import { Config } from '../config/config.js';
import { SecretBox } from '../config/secret-box.js';
import { DriverError } from '../drivers/device-driver.js';
import type { NodeHost } from '../drivers/node-host/node-host-driver.js';
import { Node, type NodeDriverName } from './node.entity.js';

/** Finds what is needed to get onto a node: its own login, else the one of the settings. */
@Injectable()
export class NodeHostsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: SecretBox,
    private readonly config: Config,
  ) {}

  /** A node as drivers know it, secrets in clear. */
  async connection(id: number): Promise<{ host: NodeHost; driver: NodeDriverName }> {
    const node = await this.dataSource.manager.findOneBy(Node, { id });
    if (node === null) throw new NotFound(`Node ${id} does not exist`);
    const open = (text: string | null): string | null => (text === null ? null : this.secrets.decrypt(text));
    const host: NodeHost = {
      id: node.id,
      name: node.name,
      // An address is what agents report; a name will do where there is none.
      address: node.ip ?? node.fqdn ?? '',
      port: node.sshPort,
      username: node.sshUsername ?? this.config.values.fuelSshUsername,
      password: open(node.sshPasswordEncrypted),
      privateKey: open(node.sshKeyEncrypted),
      passphrase: open(node.sshPassphraseEncrypted),
      hostKeyPolicy: node.hostKeyPolicy,
      hostKey: node.hostKey,
      simulation: node.simulation,
    };
    const hasLogin = host.password !== null || host.privateKey !== null;
    if (hasLogin || node.driver === 'simulated') return { host, driver: node.driver };
    return { host: { ...host, privateKey: await this.commonKey() }, driver: node.driver };
  }

  /** `tofu`: keeps the key of a first contact. One that is known already is never replaced here. */
  async learnHostKey(id: number, fingerprint: string): Promise<void> {
    const rows = await this.dataSource.query<{ hostKey: string }[]>(
      `with learned as (
         update nodes set host_key = coalesce(host_key, $2) where id = $1 returning host_key)
       select host_key as "hostKey" from learned`,
      [id, fingerprint],
    );
    const known = rows[0]?.hostKey;
    // Two first contacts at once that saw different keys: one of them did not talk to the node.
    if (known !== undefined && known !== fingerprint) {
      throw new DriverError('host_key_mismatch', `The host key is ${fingerprint}, but ${known} was just learned`);
    }
  }

  /** The control plane's own key, which Fuel puts on every node it installs. Read each time: it may be replaced. */
  private async commonKey(): Promise<string | null> {
    const { fuelSshKeyFile } = this.config.values;
    if (fuelSshKeyFile === undefined) return null;
    try {
      return await readFile(fuelSshKeyFile, 'utf8');
    } catch (error) {
      throw new DriverError('auth_failed', 'The key file of FUEL_SSH_KEY_FILE cannot be read', error);
    }
  }
}
