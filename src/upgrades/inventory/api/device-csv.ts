import { CsvError, parse } from 'csv-parse/sync';
import type { SecretBox } from '../../../config/secret-box.js';
import { parseRow } from '../../drf/body.pipe.js';
import { text } from '../../drf/field-rules.js';
import { invalidRequest, type FieldErrors } from '../../drf/refusals.js';
import type { NewDevice } from '../device-loading.service.js';
import { DeviceBody, toDeviceWish } from './devices.dto.js';

/** The columns an import may have (spec upgrade section 2, and what our devices have besides). */
const COLUMNS = [
  'hostname',
  'ip_address',
  'username',
  'password',
  'secret',
  'platform',
  'site',
  'model',
  'family',
  'region',
  'port',
  'version',
  'serial',
  'role',
  'credential',
] as const;
type Column = (typeof COLUMNS)[number];

const MOST_ROWS = 100_000;
const regionName = text();

export interface CsvRow {
  /** As a spreadsheet counts: the header is row 1. */
  readonly line: number;
  readonly hostname: string;
  readonly device: NewDevice | null;
  readonly errors: FieldErrors;
}

/** Reads an import. What is wrong with one row is that row's; what is wrong with the file is a 400. */
export function readDeviceCsv(csv: string, secrets: SecretBox): CsvRow[] {
  const [header, ...records] = parseCsv(csv);
  const columns = (header ?? []).map((name) => columnOf(name));
  if (!columns.includes('hostname') || !columns.includes('ip_address')) {
    throw invalidRequest('Invalid CSV', 'The first row must name the columns, at least hostname and ip_address.');
  }
  if (records.length > MOST_ROWS)
    throw invalidRequest('Invalid CSV', `At most ${MOST_ROWS} rows can be imported at once.`);
  return records.map((record, index) => readRow(columns, record, index + 2, secrets));
}

/** One error as the original words them: a sentence for each. */
export function csvProblem(row: Pick<CsvRow, 'line' | 'hostname'>, errors: FieldErrors): string {
  const what = Object.entries(errors).map(([field, messages]) => `${field}: ${messages.join(' ')}`);
  return `Row ${row.line}${row.hostname === '' ? '' : ` (${row.hostname.slice(0, 100)})`}: ${what.join('; ')}`;
}

function parseCsv(csv: string): string[][] {
  try {
    return parse(csv, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: 65_536,
    });
  } catch (error) {
    // Its message quotes no cell, and a cell may be a password.
    if (error instanceof CsvError)
      throw invalidRequest(
        'Invalid CSV',
        `The file is not CSV (${error.code}, line ${String(error['lines'] ?? '?')}).`,
      );
    throw error;
  }
}

function columnOf(name: string): Column | null {
  const plain = name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
  return COLUMNS.find((column) => column === plain) ?? null;
}

function readRow(
  columns: readonly (Column | null)[],
  record: readonly string[],
  line: number,
  secrets: SecretBox,
): CsvRow {
  const cells: Partial<Record<Column, string>> = {};
  columns.forEach((column, index) => {
    const cell = record[index];
    if (column !== null && cell !== undefined && cell !== '') cells[column] = cell;
  });
  const hostname = cells.hostname ?? '';
  const result = parseRow(DeviceBody, cells);
  const region = cells.region === undefined ? undefined : regionName(cells.region);
  const errors: FieldErrors = {
    ...('errors' in result ? result.errors : {}),
    ...(region && 'error' in region ? { region: [region.error] } : {}),
    ...(record.length > columns.length ? { non_field_errors: ['The row has more cells than the header.'] } : {}),
  };
  if ('errors' in result || Object.keys(errors).length > 0) return { line, hostname, device: null, errors };
  const wish = toDeviceWish(result.row, secrets);
  const regionGiven = region && 'value' in region ? region.value : undefined;
  return { line, hostname, device: { ...wish, hostname, regionName: regionGiven }, errors };
}
