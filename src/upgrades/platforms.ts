/** The platforms Slipway has a driver for (issue 2 part 5). */
export const PLATFORMS = ['iosxe', 'linux', 'simulated'] as const;
export type Platform = (typeof PLATFORMS)[number];
