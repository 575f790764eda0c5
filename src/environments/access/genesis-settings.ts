/** A setting of the OpenGenesis dialect, under the name its clients know. */
export interface KnownSetting {
  readonly name: string;
  readonly description: string;
  readonly fallback: string;
  readonly isReadOnly: boolean;
  /** What is wrong with a value, or undefined. */
  readonly fault: (value: string) => string | undefined;
}

export const RESTRICTION = 'genesis.system.security.environment.restriction.enabled';
export const FLOW_TIMEOUT = 'genesis.system.flow.timeout.ms';
export const BIND_PORT = 'genesis.system.bind.port';

const LONGEST_TIMEOUT_MS = 30 * 24 * 3_600_000;

function flagFault(value: string): string | undefined {
  return value === 'true' || value === 'false' ? undefined : 'Must be true or false';
}

function timeoutFault(value: string): string | undefined {
  const isInRange = /^\d{1,10}$/.test(value) && Number(value) >= 1000 && Number(value) <= LONGEST_TIMEOUT_MS;
  return isInRange ? undefined : `Must be integer value >= 1000 and <= ${LONGEST_TIMEOUT_MS}`;
}

/** Every setting there is; a client cannot make others (spec environments sections 1 and 2.2). */
export function knownSettings({ port, flowTimeoutMs }: { port: number; flowTimeoutMs: number }): KnownSetting[] {
  return [
    {
      name: BIND_PORT,
      description: 'The port the server listens on',
      fallback: String(port),
      isReadOnly: true,
      fault: () => undefined,
    },
    {
      name: FLOW_TIMEOUT,
      description: 'Milliseconds a whole workflow may take',
      fallback: String(flowTimeoutMs),
      isReadOnly: false,
      fault: timeoutFault,
    },
    {
      name: RESTRICTION,
      description: 'Restrict project users to the configurations and environments they were granted',
      fallback: 'false',
      isReadOnly: false,
      fault: flagFault,
    },
  ];
}
