import type { FastifyRequest } from 'fastify';
import { TooLarge } from '../../../common/errors.js';
import { UnreadBody } from '../../../http/request-body.js';
import { formError } from '../../drf/form-errors.js';
import { invalidField, invalidRequest } from '../../drf/refusals.js';

const LARGEST_CSV = 32 * 1024 * 1024;
const TOO_LARGE = 'A CSV file may have at most 32 MB.';

/** The text of a CSV file: in the form field `file`, or as the body itself. */
export async function readCsvUpload(request: FastifyRequest): Promise<string> {
  const bytes = request.isMultipart() ? await formFile(request) : await plainBody(request);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalidRequest('Invalid CSV', 'The file is not valid UTF-8.');
  }
}

async function formFile(request: FastifyRequest): Promise<Buffer> {
  try {
    const part = await request.file({ limits: { fileSize: LARGEST_CSV, files: 1, fields: 20 } });
    if (part === undefined) throw invalidField('file', 'No file was submitted.');
    return await part.toBuffer();
  } catch (error) {
    throw formError(error, TOO_LARGE);
  }
}

async function plainBody(request: FastifyRequest): Promise<Buffer> {
  if (!(request.body instanceof UnreadBody)) throw invalidField('file', 'No file was submitted.');
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.body.stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LARGEST_CSV) throw new TooLarge(TOO_LARGE);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
