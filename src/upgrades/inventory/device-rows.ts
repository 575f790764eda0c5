import type { EntityManager } from 'typeorm';
import { defined } from '../../common/fields/defined.js';
import type { FieldErrors } from '../drf/refusals.js';
import { doesNotExist } from '../drf/field-rules.js';
import { NEW_DEVICE, type DeviceWish } from './device-wish.js';

/** A wish whose names are ids by now. */
export type DeviceRow = Omit<DeviceWish, 'modelName' | 'siteName' | 'regionName' | 'credentialName'>;

/** What the names and ids in many wishes stand for; read with one statement for each kind. */
export interface KnownReferences {
  readonly models: ReadonlyMap<string, number>;
  readonly credentials: ReadonlyMap<string, number>;
  /** Ids that exist, by the table's name. */
  readonly ids: ReadonlyMap<string, ReadonlySet<number>>;
}

/** A column that refers to another table, and the field a client knows it by. */
const REFERENCES = [
  { key: 'modelId', field: 'model_id', table: 'device_models' },
  { key: 'siteId', field: 'site_id', table: 'sites' },
  { key: 'credentialId', field: 'credential', table: 'credentials' },
  { key: 'goldenImageOverrideId', field: 'golden_image_override', table: 'images' },
  { key: 'preferredFileServerId', field: 'preferred_file_server', table: 'file_servers' },
] as const;

export async function knownReferences(tx: EntityManager, wishes: readonly DeviceWish[]): Promise<KnownReferences> {
  const ids = new Map<string, ReadonlySet<number>>();
  for (const { key, table } of REFERENCES) ids.set(table, await existingIds(tx, table, unique(wishes, key)));
  return {
    models: await idsByName(tx, 'device_models', unique(wishes, 'modelName')),
    credentials: await idsByName(tx, 'credentials', unique(wishes, 'credentialName')),
    ids,
  };
}

/** What is wrong with the references of one wish; null when nothing is. */
export function referenceErrors(wish: DeviceWish, known: KnownReferences): FieldErrors | null {
  const errors: Record<string, string[]> = {};
  for (const { key, field, table } of REFERENCES) {
    const id = wish[key];
    if (id !== undefined && id !== null && !known.ids.get(table)?.has(id)) errors[field] = [doesNotExist(id)];
  }
  if (isUnknown(wish.modelName, known.models)) errors['model'] = [`Object with name=${wish.modelName} does not exist.`];
  if (isUnknown(wish.credentialName, known.credentials)) {
    errors['credential'] = [`Object with name=${wish.credentialName} does not exist.`];
  }
  return Object.keys(errors).length > 0 ? errors : null;
}

export function toRow(wish: DeviceWish, known: KnownReferences, sites: ReadonlyMap<string, number>): DeviceRow {
  const { modelName, siteName, regionName: _region, credentialName, ...row } = wish;
  return {
    ...row,
    modelId: named(modelName, known.models) ?? row.modelId,
    siteId: named(siteName, sites) ?? row.siteId,
    credentialId: named(credentialName, known.credentials) ?? row.credentialId,
    ...(modelName === null ? { modelId: null } : {}),
    ...(siteName === null ? { siteId: null } : {}),
    ...(credentialName === null ? { credentialId: null } : {}),
  };
}

/** Rows of one statement: large enough to be fast, small enough to leave other requests their turn. */
const CHUNK = 2000;

const INSERT = `
  insert into devices (hostname, ip_address, port, platform, model_id, site_id, credential_id, username, password,
    secret, private_key, passphrase, host_key, host_key_policy, legacy_algorithms, remote_dir, serial, version, family,
    role, boot_method, mac_address, reachability, tags, simulation, golden_image_override_id, preferred_file_server_id)
  select r.hostname, r."ipAddress", r.port, r.platform, r."modelId", r."siteId", r."credentialId", r.username, r.password,
    r.secret, r."privateKey", r.passphrase, r."hostKey", r."hostKeyPolicy", r."legacyAlgorithms", r."remoteDir", r.serial,
    r.version, r.family, r.role, r."bootMethod", r."macAddress", r.reachability, r.tags, r.simulation,
    r."goldenImageOverrideId", r."preferredFileServerId"
  from jsonb_to_recordset($1::jsonb) as r(place integer, hostname text, "ipAddress" text, port integer, platform text,
    "modelId" integer, "siteId" integer, "credentialId" integer, username text, password text, secret text,
    "privateKey" text, passphrase text, "hostKey" text, "hostKeyPolicy" text, "legacyAlgorithms" boolean,
    "remoteDir" text, serial text, version text, family text, role text, "bootMethod" text, "macAddress" text,
    reachability text, tags jsonb, simulation jsonb, "goldenImageOverrideId" integer, "preferredFileServerId" integer)
  order by r.place
  on conflict (hostname) do nothing
  returning id, hostname`;

/** Inserts new devices. Returns hostname to id; one whose hostname was taken is not in it. */
export async function insertDevices(tx: EntityManager, rows: readonly DeviceRow[]): Promise<Map<string, number>> {
  const inserted = new Map<string, number>();
  for (let start = 0; start < rows.length; start += CHUNK) {
    const chunk = rows.slice(start, start + CHUNK).map((row, place) => ({ place, ...NEW_DEVICE, ...defined(row) }));
    const made = await tx.query<{ id: number; hostname: string }[]>(INSERT, [JSON.stringify(chunk)]);
    for (const { id, hostname } of made) inserted.set(hostname, id);
  }
  return inserted;
}

function isUnknown(name: string | null | undefined, known: ReadonlyMap<string, number>): boolean {
  return name !== undefined && name !== null && !known.has(name);
}

function named(name: string | null | undefined, known: ReadonlyMap<string, number>): number | undefined {
  return name === undefined || name === null ? undefined : known.get(name);
}

function unique<K extends keyof DeviceWish>(wishes: readonly DeviceWish[], key: K): NonNullable<DeviceWish[K]>[] {
  const values = new Set<NonNullable<DeviceWish[K]>>();
  for (const wish of wishes) {
    const value = wish[key];
    if (value !== undefined && value !== null) values.add(value as NonNullable<DeviceWish[K]>);
  }
  return [...values];
}

/** `table` is always one of the names above. The rows stay until the transaction ends. */
async function existingIds(tx: EntityManager, table: string, ids: readonly number[]): Promise<ReadonlySet<number>> {
  if (ids.length === 0) return new Set();
  const rows = await tx.query<{ id: number }[]>(`select id from ${table} where id = any($1::integer[]) for key share`, [
    ids,
  ]);
  return new Set(rows.map((row) => row.id));
}

async function idsByName(
  tx: EntityManager,
  table: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (names.length === 0) return new Map();
  const sql = `select id, name from ${table} where name = any($1::text[]) for key share`;
  const rows = await tx.query<{ id: number; name: string }[]>(sql, [names]);
  return new Map(rows.map((row) => [row.name, row.id]));
}
