import ssh2 from 'ssh2';
import type { ParsedKey, ServerHostKeyAlgorithm } from 'ssh2';
import { fingerprintOf, keyTypeOf } from '../ssh/host-key.js';
import { toDriverError } from '../ssh/ssh-errors.js';
import { PoolError } from './pool-provider.js';

export interface SshTarget {
  readonly host: string;
  readonly port: number;
  /** A public key as in `known_hosts` (`ssh-ed25519 AAAA…`) that must be among the host's; null: any. */
  readonly hostKey: string | null;
}

export interface SshAnswer {
  readonly answers: boolean;
  /** Why, in one sentence; holds no secret. */
  readonly message: string;
}

/** Signatures a key of this type may prove itself with; the type itself is the only one for all but RSA. */
const SIGNATURES: Readonly<Record<string, readonly string[]>> = {
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
};

/**
 * Does an SSH server answer there, and is it the one it should be? As far as the key exchange, without a login, as
 * `ssh-keyscan` does it (spec nodepool section 3, `static`). Only an abort is thrown; everything else is an answer.
 */
export async function probeSsh(
  target: SshTarget,
  options: { readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<SshAnswer> {
  const where = `${target.host}:${target.port}`;
  const wanted = target.hostKey === null ? null : parseHostKey(target.hostKey);
  if (wanted instanceof Error) return no(`${where}: the configured host key cannot be read (${wanted.message})`);
  if (options.signal.aborted) throw aborted(where);
  const client = new ssh2.Client();
  try {
    return await keyExchange(client, target, wanted, options);
  } finally {
    // A late error of a connection nobody needs any more would otherwise end the process.
    client.on('error', () => undefined);
    client.destroy();
  }
}

interface WantedKey {
  readonly blob: Buffer;
  readonly type: string;
}

function keyExchange(
  client: ssh2.Client,
  target: SshTarget,
  wanted: WantedKey | null,
  options: { readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<SshAnswer> {
  const where = `${target.host}:${target.port}`;
  const timeoutMs = options.timeoutMs ?? 15_000;
  let offered: Buffer | null = null;
  return new Promise<SshAnswer>((resolve, reject) => {
    const timer = setTimeout(() => settle(no(`${where}: no SSH answer within ${timeoutMs / 1000} s`)), timeoutMs);
    const onAbort = () => {
      forget();
      reject(aborted(where));
    };
    const forget = () => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', onAbort);
    };
    const settle = (answer: SshAnswer) => {
      forget();
      resolve(answer);
    };
    options.signal.addEventListener('abort', onAbort, { once: true });
    client.on('error', (error) => settle(no(toDriverError(error, 'connecting', where).message)));
    client.on('close', () =>
      settle(no(`${where}: the host closed the connection before the key exchange was through`)),
    );
    // Only now has the host proved that it owns the key it offered.
    client.on('handshake', () => settle(judge(where, offered, wanted)));
    client.connect({
      host: target.host,
      port: target.port,
      // Never sent: the connection ends before the login.
      username: 'nobody',
      readyTimeout: 0,
      algorithms: wanted ? { serverHostKey: signaturesOf(wanted.type) } : undefined,
      hostVerifier: (key: Buffer) => {
        offered = key;
        return true;
      },
    });
  });
}

function judge(where: string, offered: Buffer | null, wanted: WantedKey | null): SshAnswer {
  if (offered === null) return no(`${where}: the host offered no key`);
  const told = `${fingerprintOf(offered)} (${keyTypeOf(offered)})`;
  if (wanted === null || offered.equals(wanted.blob)) return { answers: true, message: `${where}: answers, ${told}` };
  return no(`${where}: host key mismatch: offers ${told}, configured is ${fingerprintOf(wanted.blob)}`);
}

function parseHostKey(line: string): WantedKey | Error {
  const parsed: ParsedKey | Error = ssh2.utils.parseKey(line.trim());
  if (parsed instanceof Error) return parsed;
  const blob = parsed.getPublicSSH();
  return { blob, type: keyTypeOf(blob) };
}

/** Only signatures of the configured key's type: a host with several keys then shows that one, or has none to show. */
function signaturesOf(type: string): ServerHostKeyAlgorithm[] {
  return [...(SIGNATURES[type] ?? [type])] as ServerHostKeyAlgorithm[];
}

function no(message: string): SshAnswer {
  return { answers: false, message };
}

function aborted(where: string): PoolError {
  return new PoolError('aborted', `${where}: stopped`);
}
