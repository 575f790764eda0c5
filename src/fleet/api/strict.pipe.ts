import type { PipeTransform } from '@nestjs/common';
import { type Fields, readFields, refuseFields } from '../../common/fields/read-fields.js';

/** `@Body(strictBody(CreateBatch)) body: CreateBatch`: nothing that the class does not declare, on any level. */
export function strictBody<T extends object>(fields: Fields<T>): PipeTransform<unknown, T> {
  return { transform: (value) => readFields(fields, value ?? {}, 'body') };
}

/** `@Query(strictQuery(BatchQuery)) query: BatchQuery`. */
export function strictQuery<T extends object>(fields: Fields<T>): PipeTransform<unknown, T> {
  return { transform: (value) => readFields(fields, value, 'query') };
}

/** `@Body(noBody())` and `@Query(noQuery())` of a route that takes none: a field would be one that is not understood. */
export function noBody(): PipeTransform<unknown, void> {
  return { transform: (value) => refuseFields(value, 'body') };
}

export function noQuery(): PipeTransform<unknown, void> {
  return { transform: (value) => refuseFields(value, 'query') };
}
