import { Invalid } from '../../common/errors.js';
import { normaliseMac } from '../mac.js';

type Meta = Record<string, unknown>;

/** What a node that registers tells of itself: interfaces nobody can name are left out, as in Nailgun. */
export function toNewMeta(given: unknown): Meta {
  const meta = metaOf(given);
  if (meta['interfaces'] === undefined) throw new Invalid('Failed to discover node: invalid interfaces info');
  return { ...meta, interfaces: interfacesOf(meta).filter(isNamed) };
}

export function toMeta(given: unknown): Meta {
  const meta = metaOf(given);
  if (meta['interfaces'] !== undefined && !interfacesOf(meta).every(isObject)) {
    throw new Invalid('Interface in meta.interfaces must be dict');
  }
  return meta;
}

/** The addresses of its interfaces, as far as they are any. */
export function interfaceMacsOf(meta: Meta | undefined): string[] {
  const interfaces = Array.isArray(meta?.['interfaces']) ? (meta['interfaces'] as unknown[]) : [];
  return interfaces.flatMap((each) => (isObject(each) ? (normaliseMac(each['mac']) ?? []) : []));
}

function metaOf(given: unknown): Meta {
  if (!isObject(given)) throw new Invalid("Invalid data: 'meta' should be dict");
  return given;
}

function interfacesOf(meta: Meta): unknown[] {
  const { interfaces } = meta;
  if (!Array.isArray(interfaces)) throw new Invalid('Meta.interfaces should be list');
  return interfaces as unknown[];
}

function isNamed(nic: unknown): boolean {
  return isObject(nic) && isText(nic['mac']) && isText(nic['name']);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isObject(value: unknown): value is Meta {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
