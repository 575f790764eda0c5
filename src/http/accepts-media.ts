import { SetMetadata } from '@nestjs/common';

export const ACCEPTED_MEDIA = 'slipway:accepted-media';

/**
 * Lets a route take bodies of these types besides JSON and forms. Its `request.body` is then an `UnreadBody` whose
 * stream the route reads itself; for `multipart/form-data` it is undefined, and `request.file()` or `request.parts()` read it.
 */
export function AcceptsMedia(...types: readonly string[]) {
  return SetMetadata(ACCEPTED_MEDIA, types);
}
