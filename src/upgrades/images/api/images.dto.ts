import { PLATFORMS } from '../../platforms.js';
import { boolean, choice, integer, matching, reference, text } from '../../drf/field-rules.js';
import { Field, type FieldRule } from '../../drf/fields.js';
import { isSafeFilename } from '../image-name.js';
import { IMAGE_STATUSES, type ImageStatus } from '../image.entity.js';
import type { ImageWish } from '../image-library.service.js';

/** What a device's command line can be given without quoting (spec upgrade section 2). */
export const safeFilename: FieldRule<string> = (value) =>
  typeof value === 'string' && isSafeFilename(value)
    ? { value }
    : { error: 'Enter a file name of letters, digits and . _ + - only, at most 255 characters.' };

const safePath = matching(
  /^(?!.*(^|\/)\.\.?(\/|$))[A-Za-z0-9._+~/-]+$/,
  'Enter a path of letters, digits and . _ + ~ - / only.',
  { blank: true, max: 1024 },
);

function hash(digits: number): FieldRule<string> {
  const message = `Enter ${digits} hexadecimal digits.`;
  const rule = matching(new RegExp(`^[0-9a-fA-F]{${digits}}$`), message);
  return (value) => {
    const result = rule(value);
    return 'error' in result ? { error: message } : { value: result.value.toLowerCase() };
  };
}

const optional = { optional: true, nullable: true };
/** The largest size a file can have is far below; every whole number up to here is exact. */
const LARGEST_SIZE = Number.MAX_SAFE_INTEGER;

/** What may be said about an image, in a form beside its file or as JSON. */
export class ImageFields {
  @Field(matching(/^[A-Za-z0-9._()+:~-]+$/, 'Enter a version without spaces.', { max: 100 }), optional) version?:
    string | null;
  @Field(choice(PLATFORMS), optional) platform?: string | null;
  @Field(choice(IMAGE_STATUSES), { optional: true }) status?: ImageStatus;
  @Field(hash(32), optional) md5_checksum?: string | null;
  @Field(hash(32), optional) md5?: string | null;
  @Field(hash(64), optional) sha256?: string | null;
  @Field(hash(128), optional) sha512?: string | null;
}

export class ImageBody extends ImageFields {
  @Field(safeFilename) filename!: string;
  @Field(boolean, { optional: true }) is_remote?: boolean;
  @Field(safePath, optional) remote_path?: string | null;
  @Field(reference, optional) file_server?: number | null;
  @Field(integer({ max: LARGEST_SIZE }), { optional: true }) size_bytes?: number;
  @Field(text({ max: 1000 }), optional) file?: string | null;
}

export function toFileWish(body: ImageFields): Omit<ImageWish, 'filename'> {
  return {
    version: body.version ?? undefined,
    platform: body.platform,
    status: body.status,
    md5: body.md5_checksum ?? body.md5,
    sha256: body.sha256,
    sha512: body.sha512,
  };
}

export function toImageWish(body: ImageBody): ImageWish & { filename: string } {
  return {
    ...toFileWish(body),
    filename: body.filename,
    isRemote: body.is_remote,
    remotePath: body.remote_path,
    fileServerId: body.file_server,
    sizeBytes: body.size_bytes === undefined ? undefined : String(body.size_bytes),
  };
}
