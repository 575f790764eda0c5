import { ASSET_TYPES, type BootAsset, type DataSegment, type LocationSegment } from '../design.js';
import { fieldsOf, isFields } from '../documents/design-document.js';
import { listOf, textOf } from './host-layer.js';

/** What a file has that has none of its own, and what upstream makes of `000`. */
const DEFAULT_MODE = 0o600;
const LONGEST_PATH = 4_096;
const LONGEST_SEGMENT = 255;
const SET_ID = 0o6000;

export interface ReadAsset {
  readonly asset: BootAsset;
  /** Our own errors at ingest, which upstream finds only when a node asks (spec drydock section 7.3). */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Upstream's own error. */
  readonly isBadPackageList: boolean;
}

/** An asset that has passed the schema. */
export function readAsset(raw: unknown): ReadAsset {
  const fields = fieldsOf(raw);
  const type = ASSET_TYPES.find((known) => known === fields['type']) ?? 'file';
  const { data, permissions } = fields;
  const isList = type === 'pkg_list';
  const mode = permissions === undefined ? DEFAULT_MODE : modeOf(textOf(permissions) ?? '');
  const asset: BootAsset = {
    type,
    path: textOf(fields['path']),
    mode: mode ?? DEFAULT_MODE,
    data: textOf(data),
    location: textOf(fields['location']),
    locationPipeline: listOf(fields['location_pipeline']) as readonly LocationSegment[],
    dataPipeline: listOf(fields['data_pipeline']) as readonly DataSegment[],
    packages: isList && isFields(data) ? Object.entries(data).map(([name, version]) => [name, textOf(version)]) : [],
  };
  const problems = isList ? [] : [...contentProblems(asset, data), ...pathProblems(asset)];
  if (mode === null) problems.push('permissions must be three or four octal digits');
  const warnings = (asset.mode & SET_ID) === 0 ? [] : ['the file will be set-user-ID or set-group-ID'];
  const isBadPackageList = isList && asset.location === null && !isFields(data);
  return { asset, problems, warnings, isBadPackageList };
}

/** `555`, `0555` and `4755`; null: none of these. */
function modeOf(permissions: string): number | null {
  if (!/^0?[0-7]{3,4}$/.test(permissions)) return null;
  const mode = Number.parseInt(permissions, 8);
  return mode === 0 ? DEFAULT_MODE : mode;
}

function contentProblems({ location }: BootAsset, data: unknown): string[] {
  if (data !== undefined && typeof data !== 'string') return ['data must be a text'];
  return data === undefined && !location ? ['there is neither data nor location'] : [];
}

/** The archive is unpacked below `/` by root, and the listing of the units is read line by line. */
function pathProblems({ path, type }: BootAsset): string[] {
  if (path === null) return ['there is no path'];
  const segments = path.split('/').slice(1);
  const problems: string[] = [];
  if (/\p{Cc}/u.test(path)) problems.push('path holds control characters');
  if (segments.includes('')) problems.push('path has an empty part');
  if (segments.some((segment) => segment === '.' || segment === '..')) problems.push('path has a part . or ..');
  if (segments.some((segment) => Buffer.byteLength(segment) > LONGEST_SEGMENT)) {
    problems.push(`path has a part of more than ${LONGEST_SEGMENT} bytes`);
  }
  if (Buffer.byteLength(path) > LONGEST_PATH) problems.push(`path has more than ${LONGEST_PATH} bytes`);
  if (type === 'unit' && (segments.at(-1) ?? '').startsWith('-')) problems.push('the name of a unit begins with -');
  return problems;
}
