import type { DocumentRef } from '../design-message.js';

export const KINDS = [
  'Region',
  'Rack',
  'NetworkLink',
  'Network',
  'HardwareProfile',
  'HostProfile',
  'BaremetalNode',
  'BootAction',
] as const;
export type Kind = (typeof KINDS)[number];

/** One document of ours out of its container, not looked into yet. */
export interface DesignDocument {
  readonly ref: DocumentRef;
  readonly kind: string;
  readonly version: string;
  readonly name: unknown;
  readonly data: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The document in a container: Deckhand's (`schema: drydock/Kind/v1`, `data`) or the legacy one (`apiVersion: drydock/v1`,
 * `kind`, `spec`). Null: another project's, which is passed over in silence (spec drydock section 7.1).
 */
export function designDocument(fields: Fields): DesignDocument | null {
  const name = fieldsOf(fields['metadata'])['name'];
  const { schema, apiVersion, kind } = fields;
  if (typeof schema === 'string') {
    const [namespace, schemaKind = '', version = '', ...more] = schema.split('/');
    if (namespace !== 'drydock' || version === '' || more.length > 0) return null;
    return { ref: refOf(schemaKind, version, name), kind: schemaKind, version, name, data: fields['data'] };
  }
  if (typeof apiVersion !== 'string' || !apiVersion.startsWith('drydock/') || typeof kind !== 'string') return null;
  const version = apiVersion.slice('drydock/'.length);
  return { ref: refOf(kind, version, name), kind, version, name, data: fields['spec'] };
}

function refOf(kind: string, version: string, name: unknown): DocumentRef {
  const shown = typeof name === 'string' ? name : 'Unknown';
  return { schema: `drydock/${kind}/${version}`.slice(0, 255), name: shown.slice(0, 255) };
}

export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
