import type { HostKeyPolicy, Simulation } from '../../../drivers/device-driver.js';
import type { SecretBox } from '../../../config/secret-box.js';
import {
  boolean,
  choice,
  integer,
  ipAddress,
  jsonObject,
  listOf,
  matching,
  reference,
  text,
} from '../../drf/field-rules.js';
import { Field, type FieldRule } from '../../drf/fields.js';
import { PLATFORMS } from '../../platforms.js';
import { DEVICE_FAMILIES, REACHABILITIES, type DeviceFamily, type Reachability } from '../device.entity.js';
import type { DeviceWish } from '../device-wish.js';
import { LoginFields, toLoginWish } from './login.dto.js';

const HOST_KEY_POLICIES = ['strict', 'tofu', 'off'] as const satisfies readonly HostKeyPolicy[];
const LONGEST_STEP_MS = 7 * 24 * 3600 * 1000;
const optional = { optional: true };
const clearable = { optional: true, nullable: true };

const platform: FieldRule<string> = (value) => {
  const result = choice(PLATFORMS)(value);
  return 'error' in result ? { error: `${result.error} Choose one of ${PLATFORMS.join(', ')}.` } : result;
};

/** A name given to a device: printable, so that it can stand in a log line. */
const printable = (message: string, options: { max?: number; blank?: boolean } = {}) =>
  matching(/^[^\p{Cc}\p{Cf}\u2028\u2029]+$/u, message, options);

const directory = matching(
  /^(?!.*(^|\/)\.\.(\/|$))\/?[A-Za-z0-9._@+-]+(\/[A-Za-z0-9._@+-]+)*\/?$|^\/$/,
  'Enter a directory of letters, digits and . _ @ + - / only.',
  { max: 1024, blank: true },
);

const stepName = text({ max: 100 });

/** How a simulated device behaves; anything but these four is ignored. */
export const simulation: FieldRule<Simulation> = (value) => {
  const object = jsonObject(value);
  if ('error' in object) return object;
  const { step_ms, fail_step, lie, hang_step } = object.value;
  const isTime = typeof step_ms === 'number' && Number.isFinite(step_ms) && step_ms >= 0 && step_ms <= LONGEST_STEP_MS;
  if (isGiven(step_ms) && !isTime) return { error: `step_ms must be a number from 0 to ${LONGEST_STEP_MS}.` };
  if (isGiven(lie) && typeof lie !== 'boolean') return { error: 'lie must be true or false.' };
  for (const [name, step] of Object.entries({ fail_step, hang_step })) {
    if (isGiven(step) && (typeof step !== 'string' || 'error' in stepName(step))) {
      return { error: `${name} must be the name of a step.` };
    }
  }
  const given = Object.entries({ step_ms, fail_step, lie, hang_step }).filter(([, item]) => isGiven(item));
  return { value: Object.fromEntries(given) as Simulation };
};

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** An id, or the name of one. */
const nameOrId: FieldRule<string | number> = (value) => (typeof value === 'number' ? reference(value) : text()(value));

const tags = listOf(text({ max: 100 }), { max: 100 });

export class DeviceBody extends LoginFields {
  @Field(printable('Enter a host name without control characters.')) hostname?: string;
  @Field(ipAddress) ip_address?: string;
  @Field(integer({ min: 1, max: 65535 }), optional) port?: number;
  @Field(platform, optional) platform?: string;
  @Field(text({ blank: true }), clearable) model?: string | null;
  @Field(reference, clearable) model_id?: number | null;
  @Field(printable('Enter a name without control characters.', { blank: true }), clearable) site?: string | null;
  @Field(reference, clearable) site_id?: number | null;
  @Field(nameOrId, clearable) credential?: string | number | null;
  @Field(
    matching(/^SHA256:[A-Za-z0-9+/]{43}$/, 'Enter a fingerprint as ssh-keygen -l prints it: SHA256:…', { blank: true }),
    clearable,
  )
  host_key?: string | null;
  @Field(choice(HOST_KEY_POLICIES), optional) host_key_policy?: HostKeyPolicy;
  @Field(boolean, optional) legacy_algorithms?: boolean;
  @Field(directory, clearable) remote_dir?: string | null;
  @Field(text({ max: 100, blank: true }), clearable) serial?: string | null;
  @Field(text({ max: 100, blank: true }), clearable) version?: string | null;
  @Field(choice(DEVICE_FAMILIES), optional) family?: DeviceFamily;
  @Field(text({ max: 100, blank: true }), optional) role?: string;
  @Field(text({ max: 100, blank: true }), optional) boot_method?: string;
  @Field(text({ max: 50, blank: true }), optional) mac_address?: string;
  @Field(choice(REACHABILITIES), optional) reachability?: Reachability;
  @Field(tags, optional) tags?: string[];
  @Field(simulation, optional) simulation?: Simulation;
  @Field(reference, clearable) golden_image_override?: number | null;
  @Field(reference, clearable) preferred_file_server?: number | null;
}

export function toDeviceWish(body: DeviceBody, secrets: SecretBox): DeviceWish {
  return {
    ...toLoginWish(body, secrets),
    hostname: body.hostname,
    ipAddress: body.ip_address,
    port: body.port,
    platform: body.platform,
    modelName: body.model === '' ? null : body.model,
    modelId: body.model_id,
    siteName: body.site === '' ? null : body.site,
    siteId: body.site_id,
    ...credentialWish(body.credential),
    hostKey: body.host_key === '' ? null : body.host_key,
    hostKeyPolicy: body.host_key_policy,
    legacyAlgorithms: body.legacy_algorithms,
    remoteDir: body.remote_dir === '' ? null : body.remote_dir,
    serial: body.serial === '' ? null : body.serial,
    version: body.version === '' ? null : body.version,
    family: body.family,
    role: body.role,
    bootMethod: body.boot_method,
    macAddress: body.mac_address,
    reachability: body.reachability,
    tags: body.tags && [...new Set(body.tags)],
    simulation: body.simulation,
    goldenImageOverrideId: body.golden_image_override,
    preferredFileServerId: body.preferred_file_server,
  };
}

function credentialWish(credential: string | number | null | undefined): DeviceWish {
  if (typeof credential === 'number') return { credentialId: credential };
  return { credentialName: credential };
}
