import { DriverError } from '../device-driver.js';
import type { DriverErrorCode } from '../device-driver.js';

/** How far a connection had come when something went wrong: the same words mean different things before and after. */
export type Phase = 'connecting' | 'login' | 'ready';

interface SshFailure extends Error {
  readonly level?: string;
  readonly code?: unknown;
}

const SOCKET_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'connection timed out',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name lookup failed',
  ECONNRESET: 'connection reset',
};

/** Words an error of the SSH library as a driver error (spec upgrade sections 4.1 and 4.2). `where` is host and port. */
export function toDriverError(error: SshFailure, phase: Phase, where: string): DriverError {
  const [code, text] = judge(error, phase);
  return new DriverError(code, `${where}: ${text}`, error);
}

function judge(error: SshFailure, phase: Phase): [DriverErrorCode, string] {
  if (error.level === 'client-authentication' || /too many authentication failures/i.test(error.message)) {
    return ['auth_failed', 'login refused: check the user name, password or key'];
  }
  if (/no matching (?:host key format|key exchange|[CS]->[CS] (?:cipher|MAC))/i.test(error.message)) {
    return ['unsupported', `no common algorithm (${error.message}); set legacy_algorithms if the device is old`];
  }
  if (phase === 'ready') return ['connection_lost', `connection lost (${reasonOf(error)})`];
  return ['unreachable', reasonOf(error)];
}

function reasonOf(error: SshFailure): string {
  const socket = typeof error.code === 'string' ? SOCKET_WORDS[error.code] : undefined;
  if (socket) return socket;
  if (/keepalive timeout/i.test(error.message)) return 'no answer to keepalives';
  return error.message;
}
