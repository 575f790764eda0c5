import { DateTime } from 'luxon';
import { invalidRequest } from '../../drf/refusals.js';
import type { DeviceReference } from '../../inventory/device-references.js';
import type { TriggerNames, TriggerWish } from '../trigger-wish.js';

/**
 * What a body came to: a wish, or the refusal of a field. The refusal waits for what is looked up before that field
 * (devices, then workflow, then image), because an unknown device is reported before a bad schedule (spec section 1.3).
 */
export type ParsedTrigger =
  { readonly wish: TriggerWish } | { readonly refusal: unknown; readonly names: TriggerNames };

/**
 * Reads the body of a trigger (spec upgrade section 1.3). Hand-written, because every field has a refusal with a title
 * of its own, and some of the values that must pass (numeric strings, `"false"`) are not what they say they are.
 */
export function parseTrigger(body: unknown, query: { readonly dry_run?: unknown }, graceS: number): ParsedTrigger {
  const fields = bodyObject(body);
  let names: TriggerNames = { devices: parseDevices(fields['devices']) };
  try {
    names = { ...names, workflowId: parseId(fields, 'workflow_id') };
    names = { ...names, imageId: parseId(fields, 'image_id') };
    return { wish: parseWish(fields, query, graceS, names) };
  } catch (refusal) {
    return { refusal, names };
  }
}

function parseWish(
  fields: Fields,
  query: { readonly dry_run?: unknown },
  graceS: number,
  names: TriggerNames,
): TriggerWish {
  return {
    devices: names.devices,
    workflowId: names.workflowId ?? null,
    imageId: names.imageId ?? null,
    schedule: parseSchedule(fields['schedule_time'], graceS),
    mode: parseChoice(fields, 'execution_mode', ['parallel', 'sequential'], 'parallel'),
    activate: parseFlag(fields, 'activate_after_distribute', true),
    cleanupFlash: parseFlag(fields, 'cleanup_flash', false),
    autoSelectImage: parseFlag(fields, 'auto_select_image', true),
    remarks: parseText(fields, 'remarks'),
    deviceRemarks: parseDeviceRemarks(fields['device_remarks']),
    maxParallel: parseMaxParallel(fields['max_parallel']),
    onFailure: parseChoice(fields, 'on_failure', ['continue', 'stop'], 'continue'),
    force: parseFlag(fields, 'force', false),
    allowDowngrade: parseFlag(fields, 'allow_downgrade', false),
    dryRun: parseFlag(fields, 'dry_run', parseFlag(query as Fields, 'dry_run', false)),
  };
}

type Fields = Readonly<Record<string, unknown>>;

export function bodyObject(body: unknown): Fields {
  if (body === undefined || body === null) return {};
  if (typeof body === 'object' && !Array.isArray(body)) return body as Fields;
  throw invalidRequest('Invalid request', 'Request body must be a JSON object');
}

function parseDevices(value: unknown): DeviceReference[] {
  if (value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)) {
    throw invalidRequest('Missing devices', 'Please provide device IDs or hostnames in the "devices" field');
  }
  if (!Array.isArray(value)) {
    throw invalidRequest('Invalid devices', '"devices" must be a list of device IDs or hostnames');
  }
  return value.map((item: unknown, index) => {
    const isId = typeof item === 'number' && Number.isInteger(item) && item > 0;
    const isName = typeof item === 'string' && item.trim() !== '';
    if (isId || isName) return item;
    const message = `"devices" must be a list of device IDs or hostnames; item ${index} is neither`;
    throw invalidRequest('Invalid devices', message);
  });
}

function parseId(fields: Fields, name: string): number | null {
  const value = fields[name];
  if (value === undefined || value === null || value === '') return null;
  const id = typeof value === 'string' && /^-?\d{1,100}$/.test(value.trim()) ? Number(value) : value;
  if (typeof id === 'number' && Number.isInteger(id)) return id;
  throw invalidRequest(`Invalid ${name}`, `${name} must be an integer`);
}

function parseChoice<T extends string>(fields: Fields, name: string, choices: readonly T[], fallback: T): T {
  const value = fields[name];
  if (value === undefined || value === null) return fallback;
  const found = choices.find((choice) => choice === value);
  if (found) return found;
  throw invalidRequest(`Invalid ${name}`, `${name} must be ${choices.map((choice) => `'${choice}'`).join(' or ')}`);
}

function parseFlag(fields: Fields, name: string, fallback: boolean): boolean {
  const value = fields[name];
  if (value === undefined || value === null) return fallback;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (word === true || word === 'true' || word === '1' || word === 1) return true;
  if (word === false || word === 'false' || word === '0' || word === 0) return false;
  throw invalidRequest(`Invalid ${name}`, `${name} must be true or false`);
}

function parseText(fields: Fields, name: string): string {
  const value = fields[name];
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string' || value.includes('\0'))
    throw invalidRequest(`Invalid ${name}`, `${name} must be text`);
  return value;
}

function parseDeviceRemarks(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {};
  const entries = typeof value === 'object' && !Array.isArray(value) ? Object.entries(value as object) : null;
  if (!entries || !entries.every(([, remark]) => typeof remark === 'string' && !remark.includes('\0'))) {
    throw invalidRequest('Invalid device_remarks', 'device_remarks must be an object of device ID to text');
  }
  return Object.fromEntries(entries) as Record<string, string>;
}

function parseMaxParallel(value: unknown): number | null {
  if (value === undefined || value === null) return null;
  const count = typeof value === 'string' && /^\d{1,9}$/.test(value.trim()) ? Number(value) : value;
  if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= 1_000_000) return count;
  throw invalidRequest('Invalid max_parallel', 'max_parallel must be a whole number of at least 1');
}

const SCHEDULE_HELP = 'Could not parse schedule_time: please use ISO 8601, for instance 2027-02-03T02:00:00Z';

/** A time without a zone is UTC, a date without a time is its midnight. Up to the grace in the past means now. */
function parseSchedule(value: unknown, graceS: number): TriggerWish['schedule'] {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string' || !/^\d{4}-?\d{2}-?\d{2}([T ]|$)/.test(value.trim())) {
    throw invalidRequest('Invalid schedule_time', SCHEDULE_HELP);
  }
  // No zone is further than 14 hours from UTC; luxon would take 99.
  const offset = /[+-](\d{2})(?::?\d{2})?$/.exec(value.trim().slice('2027-02-03'.length));
  if (offset && Number(offset[1]) > 14) throw invalidRequest('Invalid schedule_time', SCHEDULE_HELP);
  const time = DateTime.fromISO(value.trim().replace(' ', 'T'), { zone: 'utc' });
  if (!time.isValid) throw invalidRequest('Invalid schedule_time', SCHEDULE_HELP);
  if (time.toMillis() < Date.now() - graceS * 1000) {
    throw invalidRequest('Invalid schedule_time', `schedule_time ${value} is in the past`);
  }
  return { at: time.toJSDate(), text: value };
}
