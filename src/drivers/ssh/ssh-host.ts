import type { Device } from '../device-driver.js';

/** What it takes to log in over SSH; devices have it, and so have other hosts. */
export type SshHost = Pick<
  Device,
  | 'hostname'
  | 'address'
  | 'port'
  | 'username'
  | 'password'
  | 'secret'
  | 'privateKey'
  | 'passphrase'
  | 'hostKeyPolicy'
  | 'hostKey'
  | 'legacyAlgorithms'
>;
