import { DateTime } from 'luxon';
import { normaliseNetwork } from '../../../auth/allowed-networks.js';
import type { TokenWish } from '../../../auth/tokens.service.js';
import { boolean, reference, text } from '../../drf/field-rules.js';
import { Field, type FieldRule } from '../../drf/fields.js';

const MOST_NETWORKS = 100;
const LAST_YEAR = 9999;

/** ISO 8601; without a zone it is UTC. One in the past is allowed: such a token is refused as expired. */
const dateTime: FieldRule<Date> = (value) => {
  if (value instanceof Date) return { value };
  const error =
    'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].';
  if (typeof value !== 'string' || value.length > 40) return { error };
  const parsed = DateTime.fromISO(value.trim(), { zone: 'utc' });
  return parsed.isValid && parsed.year >= 1 && parsed.year <= LAST_YEAR ? { value: parsed.toJSDate() } : { error };
};

/** Networks or addresses, as a list or in one text with commas, the original's way. */
const networks: FieldRule<string[]> = (value) => {
  const given: unknown = typeof value === 'string' ? value.split(',').filter((item) => item.trim() !== '') : value;
  if (!Array.isArray(given)) return { error: 'Expected a list of networks, or one text with commas between them.' };
  if (given.length > MOST_NETWORKS) return { error: `Ensure this field has no more than ${MOST_NETWORKS} elements.` };
  const found: string[] = [];
  for (const item of given as unknown[]) {
    const network = typeof item === 'string' ? normaliseNetwork(item) : null;
    if (network === null) return { error: `Item ${found.length}: Enter an IPv4 or IPv6 address or network (CIDR).` };
    found.push(network);
  }
  return { value: found };
};

export class TokenBody {
  /** The owner; left out, it is who asks. */
  @Field(reference, { optional: true, nullable: true }) user?: number | null;
  @Field(text({ max: 200, blank: true }), { optional: true }) description?: string;
  @Field(boolean, { optional: true }) write_enabled?: boolean;
  @Field(dateTime, { optional: true, nullable: true }) expires?: Date | null;
  @Field(networks, { optional: true, nullable: true }) allowed_ips?: string[] | null;
}

export function toTokenWish(body: TokenBody): TokenWish {
  return {
    description: body.description,
    writeEnabled: body.write_enabled,
    expiresAt: body.expires,
    allowedIps: body.allowed_ips ?? [],
  };
}
