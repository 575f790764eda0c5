import { SAFE_FILENAME } from '../../drivers/device-driver.js';

/** May a file of this name be kept, and later be named on a device's command line? */
export function isSafeFilename(name: string): boolean {
  return SAFE_FILENAME.test(name) && !/^\.{1,2}$/.test(name) && !name.startsWith('-') && name !== 'upload.part';
}

/** The version in a vendor's file name: `cat9k_iosxe.17.09.04a.SPA.bin` is 17.09.04a. */
export function versionInName(name: string): string | null {
  return /\d+(?:\.\d+)+[A-Za-z]?(?=[^0-9A-Za-z]|$)/.exec(name)?.[0] ?? null;
}
