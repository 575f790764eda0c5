import { HttpCode, Post, Req } from '@nestjs/common';
import type { MultipartFile, MultipartValue } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { Invalid, TooLarge } from '../../common/errors.js';
import { AcceptsMedia } from '../../http/accepts-media.js';
import { UnreadBody } from '../../http/request-body.js';
import type { FileIssue } from '../../common/yaml/file-issue.js';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { LARGEST_YAML } from '../../common/yaml/read-yaml.js';
import { NodepoolController } from './nodepool-controller.decorator.js';
import { formError } from './request-fields.js';

const TEXT_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml', 'text/plain', ''];
const TOO_LARGE = `The request body is larger than ${LARGEST_YAML} bytes.`;

interface ConfigReport {
  readonly valid: boolean;
  readonly errors: readonly FileIssue[];
  readonly warnings: readonly FileIssue[];
}

/** Ours, additive: what the command line's `config-validate` does (spec nodepool section 4). Changes nothing. */
@NodepoolController()
export class ConfigController {
  constructor(private readonly store: NodepoolConfigStore) {}

  /** A YAML text as the body, or as the field or file `config` of a form or of JSON; no body: the file as it is now. */
  @Post('config/validate')
  @HttpCode(200)
  @AcceptsMedia('multipart/form-data', ...TEXT_TYPES)
  async validate(@Req() request: FastifyRequest): Promise<ConfigReport> {
    const { config, errors, warnings } = await this.store.check(await readText(request));
    return { valid: config !== null, errors, warnings };
  }
}

async function readText(request: FastifyRequest): Promise<string | Uint8Array | null> {
  const { body } = request;
  if (request.isMultipart()) return readForm(request);
  if (body instanceof UnreadBody) return readAll(body.stream);
  if (body === undefined || body === null) return null;
  const given: unknown = typeof body === 'object' ? (body as Readonly<Record<string, unknown>>)['config'] : undefined;
  const text: unknown = Array.isArray(given) ? (given as unknown[]).at(-1) : given;
  if (typeof text !== 'string') throw missing();
  return text;
}

async function readAll(stream: AsyncIterable<unknown>): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Uint8Array);
    size += bytes.length;
    if (size > LARGEST_YAML) throw new TooLarge(TOO_LARGE);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

async function readForm(request: FastifyRequest): Promise<string | Uint8Array> {
  let found: string | Uint8Array | undefined;
  try {
    const limits = { fields: 100, files: 10, parts: 110, fieldSize: LARGEST_YAML, fileSize: LARGEST_YAML };
    for await (const part of request.parts({ limits })) found = (await readPart(part)) ?? found;
  } catch (error) {
    throw formError(error, TOO_LARGE);
  }
  if (found === undefined) throw missing();
  return found;
}

async function readPart(part: MultipartFile | MultipartValue): Promise<string | Uint8Array | undefined> {
  if (part.type === 'field') {
    return part.fieldname === 'config' && typeof part.value === 'string' ? part.value : undefined;
  }
  const bytes = await readAll(part.file);
  return part.fieldname === 'config' ? bytes : undefined;
}

function missing(): Invalid {
  return new Invalid("Request body parameter 'config' missing");
}
