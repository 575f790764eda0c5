import { type CheckResult, type DeviceImage } from '../device-driver.js';
import { compareVersions, sameVersion } from '../version.js';
import { expectedHash, type IosXeBox } from './iosxe-box.js';
import { ignoresStartupConfig, parseShowBoot, redundancyStates } from './parse-boot.js';
import { parseDir, parseFlashSystems } from './parse-flash.js';
import type { ShowVersion } from './parse-version.js';

/** Install mode unpacks the image beside itself, and keeps the running packages until the commit (spec section 3.1). */
const SPACE_FACTOR = 2.5;

type Verdict = CheckResult['status'];

function result(name: string, status: Verdict, message: string): CheckResult {
  return { name, status, message };
}

/** The checks of spec upgrade section 3.1, in its order. A login that fails has thrown before. */
export async function checkReadiness(
  box: IosXeBox,
  image: DeviceImage,
  options: { cleanupFlash: boolean },
): Promise<CheckResult[]> {
  const version = await box.showVersion();
  const checks = [
    result('login', 'pass', `Logged in to ${version.hostname ?? box.device.hostname} with privileges`),
    ...judgeIdentity(box, version),
    judgeVersion(version, image),
    judgeRedundancy(version, await box.run('show redundancy', { mayFail: true })),
    await checkBoot(box, version),
  ];
  if (isInstallMode(version)) checks.push(await checkInstall(box));
  checks.push(
    await checkSpace(box, image, options.cleanupFlash),
    await checkConfiguration(box),
    await checkTransfer(box, image),
  );
  return checks;
}

/** Is it the box the inventory means? Another serial number is the wrong box; another name may only be a rename. */
export function judgeIdentity(box: Pick<IosXeBox, 'device'>, version: ShowVersion): CheckResult[] {
  const { serial, model, hostname } = box.device;
  const checks: CheckResult[] = [];
  if (serial && version.serial && serial.toUpperCase() !== version.serial.toUpperCase()) {
    checks.push(
      result('identity', 'fail', `Wrong device: serial number ${version.serial}, the inventory has ${serial}`),
    );
  } else if (version.hostname !== null && shortName(version.hostname) !== shortName(hostname)) {
    const known = serial && version.serial;
    const message = `The device calls itself ${version.hostname}, the inventory ${hostname}`;
    checks.push(result('identity', known ? 'warning' : 'fail', message));
  } else {
    checks.push(result('identity', 'pass', `${version.hostname}, serial number ${version.serial ?? 'unknown'}`));
  }
  if (model && version.model && model.toUpperCase() !== version.model.toUpperCase()) {
    checks.push(result('model', 'warning', `The device is a ${version.model}, the inventory has ${model}`));
  }
  return checks;
}

function shortName(hostname: string): string {
  return (hostname.split('.')[0] ?? '').toLowerCase();
}

function judgeVersion(version: ShowVersion, image: DeviceImage): CheckResult {
  const running = version.version ?? 'unknown';
  if (sameVersion(running, image.version)) return result('version', 'pass', `Already running ${running}`);
  const isDowngrade = compareVersions(image.version, running) < 0;
  return result(
    'version',
    isDowngrade ? 'warning' : 'pass',
    `${isDowngrade ? 'Downgrade' : 'Upgrade'} from ${running} to ${image.version}`,
  );
}

function judgeRedundancy(version: ShowVersion, redundancy: string): CheckResult {
  const ill = redundancyStates(redundancy).filter((state) => !/^(ACTIVE|STANDBY HOT)\b/i.test(state));
  if (ill.length > 0) return result('redundancy', 'fail', `A member is not ready: ${ill.join(', ')}`);
  const active = version.members.find((member) => member.isActive);
  const odd = version.members.filter((member) => active && !sameVersion(member.version, active.version));
  if (odd.length > 0) {
    const names = odd.map((member) => `${member.number} (${member.version})`).join(', ');
    return result('redundancy', 'fail', `Stack members with another version: ${names}`);
  }
  return result('redundancy', 'pass', `${Math.max(1, version.members.length)} member(s) ready`);
}

function isInstallMode(version: ShowVersion): boolean {
  if (version.members.length > 0) return version.members.every((member) => member.mode === 'INSTALL');
  return /packages\.conf/.test(version.bootImage ?? '');
}

async function checkBoot(box: IosXeBox, version: ShowVersion): Promise<CheckResult> {
  if (!isInstallMode(version)) {
    return result(
      'boot',
      'fail',
      'The device runs in bundle mode; only install mode is supported. Convert it first: boot flash:packages.conf',
    );
  }
  const boot = parseShowBoot(await box.run('show boot', { mayFail: true }));
  if (boot.manualBoot) return result('boot', 'fail', 'Manual boot is on: the device would stop at its boot loader');
  const wrong = boot.variables.find((variable) => !/packages\.conf/.test(variable));
  if (wrong !== undefined)
    return result('boot', 'fail', `The boot variable is ${wrong}, install mode needs flash:packages.conf`);
  const register = version.configRegister;
  if (register !== null && !/^0x2?102$/i.test(register)) {
    return result('boot', 'fail', `Configuration register is ${register}; 0x102 or 0x2102 is needed`);
  }
  if (ignoresStartupConfig(await box.run('show romvar', { mayFail: true }))) {
    return result('boot', 'warning', 'The device ignores its startup configuration (SWITCH_IGNORE_STARTUP_CFG=1)');
  }
  return result('boot', 'pass', `Install mode, ${boot.variables[0] ?? version.bootImage ?? 'flash:packages.conf'}`);
}

async function checkInstall(box: IosXeBox): Promise<CheckResult> {
  const operation = await box.operation();
  if (operation !== null) return result('install state', 'fail', `An install operation is in progress: ${operation}`);
  const summary = await box.installSummary();
  const open = summary.rows.filter((row) => row.state === 'U' || row.state === 'D');
  if (open.length > 0 || summary.abortsIn !== null) {
    const what =
      open.map((row) => `${row.version} (${row.state})`).join(', ') || `auto-abort timer, ${summary.abortsIn} left`;
    return result('install state', 'fail', `Activated but not committed: ${what}. Commit or abort it first`);
  }
  return result('install state', 'pass', 'Nothing in progress, everything committed');
}

async function checkSpace(box: IosXeBox, image: DeviceImage, cleanupFlash: boolean): Promise<CheckResult> {
  const space = await spaceFor(box, image);
  const figures = `${space.free} bytes free on ${space.where}, ${space.needed} needed (image ${image.sizeBytes} bytes x ${SPACE_FACTOR})`;
  if (space.free >= space.needed) return result('space', 'pass', figures);
  if (cleanupFlash)
    return result('space', 'warning', `Not enough space: ${figures}. Inactive images will be removed first`);
  return result('space', 'fail', `Not enough space: ${figures}`);
}

/** The fullest flash of the stack against what the image needs; an identical verified file needs its room only once. */
async function spaceFor(box: IosXeBox, image: DeviceImage): Promise<{ free: number; needed: number; where: string }> {
  const systems = [...parseFlashSystems(await box.run('show file systems'))];
  let [where, free] = systems.reduce<[string, number]>(
    (least, one) => (one[1] < least[1] ? one : least),
    ['', Infinity],
  );
  if (where === '') {
    where = 'flash:';
    free = parseDir(await box.run('dir flash:', { timeoutMs: box.timing.dirMs })).freeBytes ?? 0;
  }
  const present = (await box.hasVerified(image)) ? image.sizeBytes : 0;
  return { free, needed: Math.ceil(image.sizeBytes * SPACE_FACTOR) - present, where };
}

async function checkConfiguration(box: IosXeBox): Promise<CheckResult> {
  const command = 'show archive config differences nvram:startup-config system:running-config';
  const difference = await box.run(command, { mayFail: true, timeoutMs: box.timing.saveMs });
  const isSaved = /No changes were found/i.test(difference);
  return isSaved
    ? result('configuration', 'pass', 'Saved')
    : result('configuration', 'warning', 'There may be unsaved changes; they are saved before the activation');
}

async function checkTransfer(box: IosXeBox, image: DeviceImage): Promise<CheckResult> {
  if (expectedHash(image) === null) {
    return result(
      'transfer',
      'warning',
      'The image has neither an md5 nor a sha512: only its size can be checked on the device',
    );
  }
  if (image.read === null) return result('transfer', 'pass', 'The device will fetch the image');
  const config = await box.run('show running-config | include ip scp server', {
    mayFail: true,
    timeoutMs: box.timing.dirMs,
  });
  if (/^ip scp server enable/m.test(config)) return result('transfer', 'pass', 'The SCP server is enabled');
  const status = image.url === null ? 'fail' : 'warning';
  return result(
    'transfer',
    status,
    'The SCP server is not enabled on the device (`ip scp server enable`), so an image cannot be pushed',
  );
}
