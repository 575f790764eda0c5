import { EmulatedSwitch } from '../drivers/emulator/emulated-switch.js';

export const OLD_VERSION = '17.06.05';
export const NEW_VERSION = '17.09.04a';
/** Nobody's real model: its golden image is the demo's own. */
export const MODEL = 'C9300-24P-DEMO';

export const LOGIN = { username: 'netops', password: 'demo-password', secret: 'demo-enable' } as const;

/** Long enough to be seen, short enough to be waited for. */
const RELOAD_MS = 3_000;
const INSTALL_MS = 700;

/** Emulated switches that run the old version, each listening on a free port of the loopback. */
export async function startFleet(count: number): Promise<EmulatedSwitch[]> {
  const names = Array.from({ length: count }, (_, index) => `demo-sw-${index + 1}`);
  const starts = names.map((hostname) =>
    EmulatedSwitch.start({
      hostname,
      version: OLD_VERSION,
      model: MODEL,
      username: LOGIN.username,
      password: LOGIN.password,
      enableSecret: LOGIN.secret,
      reloadMs: RELOAD_MS,
      installMs: INSTALL_MS,
    }),
  );
  const outcomes = await Promise.allSettled(starts);
  const fleet = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (!failed) return fleet;
  await stopFleet(fleet);
  throw failed.reason;
}

export async function stopFleet(fleet: readonly EmulatedSwitch[]): Promise<void> {
  await Promise.all(fleet.map((one) => one.stop()));
}
