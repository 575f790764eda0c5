import type { PowerChange, PowerState } from '../boot-host/boot-host.js';

/** One reset, and what the machine has to be when it is over. */
export interface PowerStep {
  readonly reset: string;
  readonly until: 'On' | 'Off';
  /** It goes through another state unseen, so that being so already says nothing. */
  readonly isBlind?: boolean;
}

const ON = ['On', 'ForceOn'];
const OFF = ['ForceOff', 'GracefulShutdown'];
const RESTART = ['PowerCycle', 'ForceRestart', 'GracefulRestart'];

/**
 * What has to be done to a machine that is in `state` (Redfish's word). `allowed`: the resets the controller names, or null
 * where it names none. Null: it cannot be done. A restart is off and on where possible, because both can be seen.
 */
export function powerPlan(
  change: PowerChange,
  state: string | null,
  allowed: readonly string[] | null,
): PowerStep[] | null {
  const first = (wanted: readonly string[]) => wanted.find((each) => allowed === null || allowed.includes(each));
  const [on, off, restart] = [first(ON), first(OFF), first(RESTART)];
  const steps: Record<PowerChange, () => PowerStep[] | null> = {
    on: () => (state === 'On' ? [] : on === undefined ? null : [{ reset: on, until: 'On' }]),
    off: () => (state === 'Off' ? [] : off === undefined ? null : [{ reset: off, until: 'Off' }]),
    cycle: () => {
      if (state === 'Off') return steps.on();
      if (on !== undefined && off !== undefined)
        return [
          { reset: off, until: 'Off' },
          { reset: on, until: 'On' },
        ];
      return restart === undefined ? null : [{ reset: restart, until: 'On', isBlind: true }];
    },
  };
  return steps[change]();
}

/** Is the machine about to be what is wanted, so that one only has to wait? */
export function isUnderWay(state: string | null, wanted: 'On' | 'Off'): boolean {
  return state === (wanted === 'On' ? 'PoweringOn' : 'PoweringOff');
}

export function powerStateOf(state: string | null): PowerState {
  if (state === 'On') return 'on';
  return state === 'Off' ? 'off' : 'unknown';
}
