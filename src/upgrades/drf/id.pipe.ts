import type { PipeTransform } from '@nestjs/common';
import { notFound } from './refusals.js';

const LARGEST_ID = 2 ** 31 - 1;

/** An id in a path; what cannot be one is simply not found, as in the original. */
export class IdPipe implements PipeTransform<string, number> {
  transform(text: string): number {
    const id = Number(text);
    if (!/^\d{1,10}$/.test(text) || id < 1 || id > LARGEST_ID)
      throw notFound(`No object has the id ${text.slice(0, 40)}`);
    return id;
  }
}
