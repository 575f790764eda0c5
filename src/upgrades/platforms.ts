/** The platforms Slipway has a driver for. */
export const PLATFORMS = ['iosxe', 'linux', 'simulated'] as const;
export type Platform = (typeof PLATFORMS)[number];
