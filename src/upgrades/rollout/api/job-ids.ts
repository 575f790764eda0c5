import { invalidRequest } from '../../drf/refusals.js';
import { bodyObject } from './trigger.dto.js';

const LARGEST_ID = 2 ** 31 - 1;
/** More than that is a batch, and has a `batch_id`. */
const MOST_IDS = 10_000;
const UUID = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

export type StatusQuery = { readonly jobIds: readonly number[] } | { readonly batchId: string };

type QueryValue = string | readonly string[] | undefined;

/** `job_ids=101,102` or `batch_id=<uuid>`; `job_ids` wins (spec upgrade section 1.4). */
export function parseStatusQuery(query: {
  readonly job_ids?: QueryValue;
  readonly batch_id?: QueryValue;
}): StatusQuery {
  const jobIds = textOf(query.job_ids);
  if (jobIds.trim() !== '') return { jobIds: parseIdList(jobIds) };
  const batchId = textOf(query.batch_id).trim();
  if (batchId === '') throw invalidRequest('Missing parameters', 'Please provide either job_ids or batch_id');
  if (!UUID.test(batchId)) throw invalidRequest('Invalid batch_id', 'batch_id must be a UUID');
  return { batchId };
}

/** A parameter given twice counts as one list. */
function textOf(value: QueryValue): string {
  return typeof value === 'string' ? value : (value?.join(',') ?? '');
}

function parseIdList(text: string): number[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length === 0 || !items.every((item) => /^\d+$/.test(item))) {
    throw invalidRequest('Invalid job_ids', 'job_ids must be a comma-separated list of integers');
  }
  if (items.length > MOST_IDS) {
    throw invalidRequest('Invalid job_ids', `job_ids may hold at most ${MOST_IDS} ids; ask by batch_id instead`);
  }
  return items.map(Number).filter((id) => id <= LARGEST_ID);
}

export interface CancelWish {
  /** As they were sent, to be echoed. */
  readonly asked: readonly unknown[];
  readonly ids: readonly number[];
}

/** The body of a cancel (spec upgrade section 1.5). */
export function parseCancel(body: unknown): CancelWish {
  const message = 'job_ids must be a list of integers';
  if (body !== undefined && body !== null && (typeof body !== 'object' || Array.isArray(body))) {
    throw invalidRequest('Invalid job_ids', message);
  }
  const value = bodyObject(body)['job_ids'];
  if (value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)) {
    throw invalidRequest('Missing job_ids', 'Please provide job IDs to cancel');
  }
  if (!Array.isArray(value)) throw invalidRequest('Invalid job_ids', message);
  const ids = value.map((item: unknown) => {
    const id = typeof item === 'string' && /^\d+$/.test(item.trim()) ? Number(item) : item;
    if (typeof id !== 'number' || !Number.isInteger(id)) throw invalidRequest('Invalid job_ids', message);
    return id;
  });
  return { asked: value, ids: [...new Set(ids)].filter((id) => id >= 1 && id <= LARGEST_ID) };
}
