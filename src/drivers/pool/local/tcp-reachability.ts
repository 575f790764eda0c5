import { connect } from 'node:net';

/** Does the port accept a connection? An abort counts as no. */
export function acceptsTcp(host: string, port: number, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ host, port, signal });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(timeoutMs, () => settle(false));
    socket.once('connect', () => settle(true));
    // Stays for good: an aborted socket tells its error after it was destroyed.
    socket.on('error', () => settle(false));
  });
}
