import type { DataSegment } from '../../designs/design.js';
import { decodeBase64 } from './base64.js';

/** A segment of a pipeline that cannot do its work. The message names the segment and never what it was given. */
export class PipelineError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

export type Render = (template: string) => string;
type Data = Buffer | string;

/** Each segment takes bytes or a text and nothing else: the wrong one is a failure (spec drydock section 2.3). */
const SEGMENTS: Readonly<Record<DataSegment, (data: Data, render: Render) => Data>> = {
  utf8_decode: (data) => decodeUtf8(bytesFor('utf8_decode', data)),
  utf8_encode: (data) => encodeUtf8(textFor('utf8_encode', data)),
  base64_encode: (data) => Buffer.from(bytesFor('base64_encode', data).toString('base64'), 'latin1'),
  base64_decode: (data) => fromBase64(data),
  template: (data, render) => render(textFor('template', data)),
};

export function runPipeline(segments: readonly DataSegment[], data: Data, render: Render): Data {
  return segments.reduce((current, segment) => SEGMENTS[segment](current, render), data);
}

/** As bytes, whatever came out of the last segment. */
export function bytesOf(data: Data): Buffer {
  return typeof data === 'string' ? encodeUtf8(data) : data;
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new PipelineError('utf8_decode was given bytes that are no UTF-8');
  }
}

function encodeUtf8(text: string): Buffer {
  if (/\p{Surrogate}/u.test(text)) throw new PipelineError('the text holds half a character');
  return Buffer.from(text, 'utf8');
}

function fromBase64(data: Data): Buffer {
  // A text is taken here too, as long as it is ASCII.
  if (typeof data === 'string' && /[^\0-\x7f]/.test(data)) {
    throw new PipelineError('base64_decode was given a text that is not ASCII');
  }
  const decoded = decodeBase64(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
  if (!decoded) throw new PipelineError('base64_decode was given incorrectly padded data');
  return decoded;
}

function bytesFor(segment: DataSegment, data: Data): Buffer {
  if (typeof data === 'string') throw new PipelineError(`${segment} takes bytes and was given a text`);
  return data;
}

function textFor(segment: DataSegment, data: Data): string {
  if (typeof data !== 'string') throw new PipelineError(`${segment} takes a text and was given bytes`);
  return data;
}
