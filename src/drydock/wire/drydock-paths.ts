/** Below it is everything of Drydock's but its versions, which stand at the root (spec drydock section 1). */
export const DRYDOCK_PREFIX = 'api/v1.0';

/** What Drydock answers for. */
export const DRYDOCK_PREFIXES: readonly string[] = [`/${DRYDOCK_PREFIX}`, '/versions'];

const DRYDOCK_PATH = /^\/(?:api\/v1\.0|versions)(?:\/|$)/;
const KEYSTONE_SIDE = /^\/api\/v1\.0\/(?:tasks|nodes|nodefilter|validatedesign|health\/extended)(?:\/|$)/;

export function isDrydockPath(path: string): boolean {
  return DRYDOCK_PATH.test(path);
}

/** Is this a resource that a Keystone token opens? All others have no owner, or booting nodes with a key of their own. */
export function isKeystoneSide(path: string): boolean {
  return KEYSTONE_SIDE.test(path);
}
