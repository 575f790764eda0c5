import { DriverError, type DeviceImage } from '../device-driver.js';
import { isSameRelease } from './activation-judgement.js';
import { waitForOperation } from './install.js';
import type { IosXeBox } from './iosxe-box.js';
import { failedLine, filesToRemove } from './parse-install.js';

const REMOVE = /Do you want to remove the above files\? ?\[y\/n\]:? ?$/i;

/**
 * `install remove inactive`, with the list read before the yes (spec upgrade section 3.2). It would also remove an image
 * that was just copied: then the others are deleted one by one.
 */
export async function removeInactive(box: IosXeBox, image: DeviceImage): Promise<string[]> {
  await waitForOperation(box);
  const version = await box.showVersion();
  let files: string[] = [];
  let objection: DriverError | null = null;
  const decide = (output: string): string => {
    files = filesToRemove(output);
    const needed = files.find((name) => isNeeded(name, version.version ?? '', version.bootImage));
    if (needed !== undefined)
      objection = new DriverError('install_failed', `Clean-up stopped: the device would delete ${needed}, which runs`);
    else box.log(`The device will remove: ${files.join(', ')}`);
    return objection !== null || files.length === 0 || files.includes(image.filename) ? 'n\r' : 'y\r';
  };
  const output = await box.run('install remove inactive', {
    timeoutMs: box.timing.installMs,
    idleMs: box.timing.installIdleMs,
    mayFail: true,
    answers: [{ question: REMOVE, reply: decide }],
  });
  if (objection !== null) throw objection;
  const failed = failedLine(output);
  if (failed !== null) throw new DriverError('install_failed', failed);
  if (files.length === 0) box.log('Nothing to clean');
  return files.includes(image.filename) ? deleteOthers(box, files, image.filename) : files;
}

/** In install mode the packages and `packages.conf` run; the `.bin` they came from is not needed. */
function isNeeded(name: string, running: string, bootImage: string | null): boolean {
  if (name === 'packages.conf' || name === bootImage?.replace(/^\w+:\/?/, '')) return true;
  const version = /\d+\.\d+\.\d+[a-z]?/.exec(name)?.[0];
  return name.endsWith('.pkg') && version !== undefined && isSameRelease(version, running);
}

async function deleteOthers(box: IosXeBox, files: readonly string[], keep: string): Promise<string[]> {
  const others = files.filter((name) => name !== keep);
  for (const name of others) await box.deleteFile(name);
  return others;
}
