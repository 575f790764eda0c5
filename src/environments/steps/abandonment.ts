/**
 * Does the abort mean that what was started shall end? A process that stops or has lost its job leaves it running: whoever
 * has the job next follows it on.
 */
export function meansTheEnd(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason !== 'stopping' && signal.reason !== 'lost';
}

/** Runs `end` when the signal aborts for good while `act` is at it. */
export async function endingOnAbort<T>(
  signal: AbortSignal,
  end: () => Promise<void>,
  act: () => Promise<T>,
): Promise<T> {
  const onAbort = () => {
    if (meansTheEnd(signal)) end().catch(() => undefined);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await act();
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
