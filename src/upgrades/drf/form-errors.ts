import { DomainError, Invalid, TooLarge } from '../../common/errors.js';
import { malformedBody } from '../../http/framework-error.js';

/** Words an error of reading a multipart form: the reader's own carry a status or nothing at all; none is our fault. */
export function formError(error: unknown, tooLarge: string): unknown {
  if (error instanceof DomainError || !(error instanceof Error)) return error;
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (code === 'FST_REQ_FILE_TOO_LARGE') return new TooLarge(tooLarge);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new Invalid(error.message);
  // busboy says "Unexpected end of form", "Malformed part header" and the like, without a code.
  const isReaders = code === undefined && /form|multipart|part|boundary|unexpected end/i.test(error.message);
  return isReaders || code === 'ERR_STREAM_PREMATURE_CLOSE' ? malformedBody('Multipart form', error.message) : error;
}
