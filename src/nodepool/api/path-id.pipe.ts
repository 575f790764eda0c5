import { Injectable, type PipeTransform } from '@nestjs/common';
import { NotFound } from '../../common/errors.js';

const LARGEST_ID = 2_147_483_647;

/** The number a text stands for as an id of ours, else null: `1x` must not become 1 (spec nodepool section 1.3). */
export function idOf(text: string): number | null {
  return /^[1-9]\d{0,9}$/.test(text) && Number(text) <= LARGEST_ID ? Number(text) : null;
}

/** An id in a path. What cannot be one is not found, as an unknown one is. */
@Injectable()
export class PathIdPipe implements PipeTransform<string, number> {
  constructor(private readonly complaint: string) {}

  transform(text: string): number {
    const id = idOf(text);
    if (id === null) throw new NotFound(this.complaint);
    return id;
  }
}

/** The same where a final `.json` is taken too: on reads only, because names may end in anything. */
@Injectable()
export class ReadIdPipe extends PathIdPipe {
  override transform(text: string): number {
    return super.transform(text.replace(/\.json$/, ''));
  }
}
