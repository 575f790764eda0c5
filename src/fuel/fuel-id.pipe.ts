import type { PipeTransform } from '@nestjs/common';
import { NotFound } from '../common/errors.js';
import { routeNotFound } from '../http/framework-error.js';

const LARGEST_ID = 2 ** 31 - 1;

/** An id in a path. What is no number is no path of Nailgun's; a number nothing can have is not found. */
export class FuelIdPipe implements PipeTransform<string, number> {
  /** `what` as in `Cluster not found`. */
  constructor(private readonly what: string) {}

  transform(text: string): number {
    if (!/^\d+$/.test(text)) throw routeNotFound();
    const id = Number(text);
    if (id < 1 || id > LARGEST_ID) throw new NotFound(`${this.what} not found`);
    return id;
  }
}

export function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= LARGEST_ID;
}
