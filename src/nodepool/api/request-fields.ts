import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DomainError, Invalid, TooLarge } from '../../common/errors.js';
import { malformedBody, unsupportedMediaType } from '../../http/framework-error.js';
import { IgnoresBody } from '../../http/ignores-body.js';
import { UnreadableBody, UnreadBody } from '../../http/request-body.js';

const LARGEST_BODY = 64 * 1024;
const TOO_LARGE = `The request body is larger than ${LARGEST_BODY} bytes.`;

/** The fields of a body by name, the last of several (spec nodepool section 1.2). Values of JSON are as they came. */
export type Fields = ReadonlyMap<string, unknown>;
export type ReadFields = () => Promise<Fields>;

/** The original takes a body without a type, or of one of these, for one without fields; so it is not a 415 here. */
const FIELDLESS = ['text/plain', 'application/octet-stream', ''];

/** A route with `@RequestFields()`: nobody but it looks at the body, and not before it asks for it. */
export function TakesFields(): MethodDecorator {
  return IgnoresBody();
}

/** Reads the body when it is called: a path that does not exist is a 404 before the body counts. */
export const RequestFields = createParamDecorator((_data: unknown, context: ExecutionContext): ReadFields => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return () => readFields(request);
});

async function readFields(request: FastifyRequest): Promise<Fields> {
  if (Number(request.headers['content-length'] ?? 0) > LARGEST_BODY) throw new TooLarge(TOO_LARGE);
  if (request.isMultipart()) return multipartFields(request);
  const { body } = request;
  if (body instanceof UnreadableBody) throw body.error;
  if (body instanceof UnreadBody) {
    const essence = (body.mediaType.split(';')[0] ?? '').trim().toLowerCase();
    if (!FIELDLESS.includes(essence)) throw unsupportedMediaType(body.mediaType);
    body.stream.resume();
    return new Map();
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return new Map();
  const entries = Object.entries(body as Readonly<Record<string, unknown>>);
  // Sent in pieces: no length was announced.
  if (lengthOf(entries) > LARGEST_BODY) throw new TooLarge(TOO_LARGE);
  return new Map(entries.map(([name, value]) => [name, isForm(request) ? lastOf(value) : value]));
}

function lengthOf(entries: readonly (readonly [string, unknown])[]): number {
  return entries.flat().reduce<number>((sum, each) => sum + (typeof each === 'string' ? each.length : 0), 0);
}

function isForm(request: FastifyRequest): boolean {
  return (request.headers['content-type'] ?? '').toLowerCase().includes('x-www-form-urlencoded');
}

function lastOf(value: unknown): unknown {
  return Array.isArray(value) ? (value as unknown[]).at(-1) : value;
}

async function multipartFields(request: FastifyRequest): Promise<Fields> {
  const fields = new Map<string, unknown>();
  try {
    const limits = { fields: 100, files: 10, parts: 110, fieldSize: LARGEST_BODY, fileSize: LARGEST_BODY };
    for await (const part of request.parts({ limits })) takePart(fields, part);
  } catch (error) {
    throw formError(error, TOO_LARGE);
  }
  return fields;
}

/** A part with a file name is read and dropped: no field of this dialect is a file. */
function takePart(fields: Map<string, unknown>, part: MultipartFile | MultipartValue): void {
  if (part.type === 'file') part.file.resume();
  else if (part.valueTruncated) throw new TooLarge(TOO_LARGE);
  else fields.set(part.fieldname, part.value);
}

/** What the form reader throws is the client's fault, whether it carries a status or not. */
export function formError(error: unknown, tooLarge: string): unknown {
  if (error instanceof DomainError || !(error instanceof Error)) return error;
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode === 413) return new TooLarge(tooLarge);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return new Invalid(error.message);
  // busboy says "Unexpected end of form", "Malformed part header" and the like, without a code.
  const isReaders = code === undefined && /form|multipart|part|boundary|unexpected end/i.test(error.message);
  return isReaders || code === 'ERR_STREAM_PREMATURE_CLOSE' ? malformedBody('Multipart form', error.message) : error;
}

/** The `state` of a PUT; any text comes back, and what is no text is no state either. */
export function requiredState(fields: Fields): string {
  const state = fields.get('state');
  if (state === undefined || state === null || state === '')
    throw new Invalid("Request body parameter 'state' missing");
  return typeof state === 'string' ? state : '';
}

/** A field that must be there, as a text of one line at most 255 long. */
export function requiredText(fields: Fields, name: string): string {
  const value = fields.get(name);
  if (value === undefined || value === null || value === '') {
    throw new Invalid(`Request body parameter '${name}' missing`);
  }
  return checkedText(value, name);
}

function checkedText(value: unknown, name: string): string {
  if (typeof value !== 'string' || /\p{Cc}|\p{Surrogate}/u.test(value) || value.length > 255) {
    throw new Invalid(`Request body parameter '${name}' not permitted`);
  }
  return value;
}

/** Null when it is not there or empty. */
export function optionalText(fields: Fields, name: string): string | null {
  const value = fields.get(name) ?? '';
  return value === '' ? null : checkedText(value, name);
}

/** Seconds, as digits or as a number; undefined when it is not there or empty. */
export function optionalSeconds(fields: Fields, name: string, most: number): number | undefined {
  const value = fields.get(name) ?? '';
  if (value === '') return undefined;
  const isWhole = typeof value === 'string' ? /^\d{1,10}$/.test(value) : Number.isInteger(value);
  const seconds = Number(value);
  if (!isWhole || seconds < 0 || seconds > most) throw new Invalid(`Request body parameter '${name}' not permitted`);
  return seconds;
}
