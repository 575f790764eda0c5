import type { PipeTransform } from '@nestjs/common';
import { routeNotFound } from '../../http/framework-error.js';

const LARGEST_ID = 2 ** 31 - 1;

/** An id in a path: `@Param('projectId', GenesisId)`. What no row can have is no path either (spec environments section 1). */
export class GenesisId implements PipeTransform<string, number> {
  transform(text: string): number {
    const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
    if (!isId(id)) throw routeNotFound();
    return id;
  }
}

export function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= LARGEST_ID;
}
