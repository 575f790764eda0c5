import { isIP } from 'node:net';
import type { BootHost } from '../boot-host/boot-host.js';
import { DriverError } from '../device-driver.js';

/** Where and how a machine's controller is called. */
export interface ControllerAddress {
  /** `http:` or `https:`, host and port; no path, no login. */
  readonly origin: URL;
  /** SHA-256 of the one certificate that is right, in upper case without colons; null: the system's authorities vouch for it. */
  readonly fingerprint: string | null;
  /** Which of the controller's machines it is: an id or a path; null: the only one. */
  readonly system: string | null;
  /** False: a log-in with each request, for controllers whose sessions do not work. */
  readonly takesSessions: boolean;
}

/**
 * Reads a node's `oob` parameters: `address` (`10.0.0.7`, `bmc.example.com:8443`, `http://…`; `https` unless stated),
 * `system`, `auth` (`session` or `basic`), `tls_fingerprint`. There is deliberately no way to leave the certificate
 * unchecked: whoever answered in the controller's place would get its password.
 */
export function controllerAddressOf({ hostname, oobAddress, parameters }: BootHost): ControllerAddress {
  if (!oobAddress) throw new DriverError('unreachable', `${hostname}: the design gives no address of its controller`);
  const bare = oobAddress.trim();
  const url = /^https?:\/\//i.test(bare) ? bare : `https://${isIP(bare) === 6 ? `[${bare}]` : bare}`;
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || parsed.username !== '' || parsed.password !== '' || !/^\/?$/.test(parsed.pathname) || parsed.search) {
    throw new DriverError(
      'unsupported',
      `${hostname}: the address of its controller is no host with or without a port`,
    );
  }
  const { system, auth = 'session', tls_fingerprint: given } = parameters;
  if (auth !== 'session' && auth !== 'basic') {
    throw new DriverError('unsupported', `${hostname}: oob.auth is neither "session" nor "basic"`);
  }
  const fingerprint =
    given
      ?.replace(/^sha256:/i, '')
      .replaceAll(':', '')
      .toUpperCase() ?? null;
  if (fingerprint !== null && !/^[0-9A-F]{64}$/.test(fingerprint)) {
    throw new DriverError('unsupported', `${hostname}: oob.tls_fingerprint is no SHA-256 of a certificate`);
  }
  return { origin: new URL(parsed.origin), fingerprint, system: system || null, takesSessions: auth === 'session' };
}
