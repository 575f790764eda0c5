import type { SecretBox } from '../../config/secret-box.js';
import { Refused } from '../../common/errors.js';
import type { Principal } from '../../auth/principal.js';
import type { HostKeyPolicy } from '../../drivers/device-driver.js';
import { type JsonObject, objectOf, readFields } from '../../fuel/fuel-body.js';
import { choice, Field, integer, matching, object, text } from '../../fuel/fuel-fields.js';
import type { NodeWish } from '../node-change.js';
import { NODE_DRIVERS, type NodeDriverName, type NodeSimulation } from '../node.entity.js';

const clearable = { nullable: true };
/** A fault must not quote what may be a secret. */
const secret = (name: string) => ({
  nullable: true,
  message: `slipway.ssh.${name} must be a text of at most 1024 characters`,
});
const PRIVATE_KEY = /^$|^\s*-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----\s[\s\S]+-----END [A-Z0-9 ]*PRIVATE KEY-----\s*$/;
const HOST_KEY = /^$|^SHA256:[A-Za-z0-9+/]{43}$/;

class SlipwayBody {
  @Field(choice(NODE_DRIVERS)) driver?: NodeDriverName;
  @Field(object()) ssh?: Record<string, unknown>;
  @Field(object()) simulation?: NodeSimulation;
}

class SshBody {
  @Field(integer(1, 65535)) port?: number;
  @Field(matching(/^[^\p{Cc}\p{Cf}]{0,255}$/u), clearable) username?: string | null;
  @Field(text(1024), secret('password')) password?: string | null;
  @Field(matching(PRIVATE_KEY, 32_768), {
    ...clearable,
    message: 'slipway.ssh.private_key must be a private key in OpenSSH or PEM format',
  })
  private_key?: string | null;
  @Field(text(1024), secret('passphrase')) passphrase?: string | null;
  @Field(matching(HOST_KEY), {
    ...clearable,
    message: 'slipway.ssh.host_key must be a fingerprint as ssh-keygen -l prints it: SHA256:…',
  })
  host_key?: string | null;
  @Field(choice(['strict', 'tofu', 'off'])) host_key_policy?: HostKeyPolicy;
}

/**
 * The object `slipway` of a node: how it is reached. Ours, not Fuel's; secrets go in and never come out. Absent: leave it. Null or
 * blank: forget it. Only those who may run upgrades set it.
 */
export function toReach(given: JsonObject, principal: Principal, secrets: SecretBox): NodeWish {
  if (given['slipway'] === undefined) return {};
  if (principal.source === 'public') {
    throw new Refused("Only an operator may say how Slipway reaches a node: 'slipway' takes a token.");
  }
  const body = readFields(SlipwayBody, objectOf(given['slipway']));
  const ssh = readFields(SshBody, body.ssh ?? {});
  const sealed = (value: string | null | undefined): string | null | undefined =>
    value === undefined ? undefined : value ? secrets.encrypt(value) : null;
  return {
    driver: body.driver,
    simulation: body.simulation,
    sshPort: ssh.port,
    sshUsername: ssh.username === '' ? null : ssh.username,
    sshPasswordEncrypted: sealed(ssh.password),
    // OpenSSH keys end with a line feed, and some readers insist on it.
    sshKeyEncrypted: sealed(ssh.private_key ? `${ssh.private_key.trim()}\n` : ssh.private_key),
    sshPassphraseEncrypted: sealed(ssh.passphrase),
    hostKey: ssh.host_key === '' ? null : ssh.host_key,
    hostKeyPolicy: ssh.host_key_policy,
  };
}
