import type { ValueTransformer } from 'typeorm';

/** A bigint column that never holds more than a double can: seconds since the epoch, bytes of a file. */
export const WHOLE_NUMBER: ValueTransformer = {
  to: (value: unknown) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};
