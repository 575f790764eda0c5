/** The Fuel whose upgrade logic this is; clusters carry it as `fuel_version`. */
export const FUEL_VERSION = '5.1.1';
