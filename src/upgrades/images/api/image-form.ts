import type { FastifyRequest } from 'fastify';
import type { MultipartFile } from '@fastify/multipart';
import { TooLarge } from '../../../common/errors.js';
import { parseBody } from '../../drf/body.pipe.js';
import { formError } from '../../drf/form-errors.js';
import { invalidField } from '../../drf/refusals.js';
import type { ImageStore, ReceivedFile } from '../image-store.js';
import { ImageFields, safeFilename } from './images.dto.js';

export interface ImageForm {
  readonly file: ReceivedFile;
  readonly filename: string;
  readonly fields: ImageFields;
}

const MOST_FIELDS = 50;
const LONGEST_FIELD = 10_000;
const TOO_LARGE = 'The file is larger than this server takes (SLIPWAY_UPLOAD_LIMIT_MB).';

/**
 * Reads an upload form part by part, its file straight onto the disk; fields may come before or after it. When
 * anything is wrong, or the client goes away, nothing stays.
 */
export async function readImageForm(request: FastifyRequest, store: ImageStore): Promise<ImageForm> {
  let received: { file: ReceivedFile; filename: string } | undefined;
  try {
    const fields: Record<string, unknown> = {};
    const limits = { fields: MOST_FIELDS, fieldSize: LONGEST_FIELD, files: 1 };
    // With its path, so that a name with one is refused and not quietly another.
    for await (const part of request.parts({ limits, preservePath: true })) {
      if (part.type === 'field') fields[part.fieldname] = part.value === '' ? undefined : part.value;
      else received = await receive(part, store);
    }
    if (received === undefined) throw invalidField('file', 'No file was submitted.');
    if (typeof fields['filename'] === 'string') received.filename = checkedName(fields['filename']);
    return { ...received, fields: parseBody(ImageFields, fields) };
  } catch (error) {
    if (received !== undefined) await store.remove(received.file.key);
    throw formError(error, TOO_LARGE);
  }
}

async function receive(part: MultipartFile, store: ImageStore): Promise<{ file: ReceivedFile; filename: string }> {
  if (part.fieldname !== 'file') throw invalidField(part.fieldname.slice(0, 100), 'Send the file in the field "file".');
  const filename = checkedName(part.filename);
  const file = await store.receive(part.file);
  if (part.file.truncated) {
    await store.remove(file.key);
    throw new TooLarge(TOO_LARGE);
  }
  if (file.sizeBytes === 0) {
    await store.remove(file.key);
    throw invalidField('file', 'The submitted file is empty.');
  }
  return { file, filename };
}

function checkedName(name: string): string {
  const result = safeFilename(name);
  if ('error' in result) throw invalidField('filename', result.error);
  return result.value;
}
