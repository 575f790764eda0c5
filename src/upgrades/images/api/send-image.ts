import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { notFound } from '../../drf/refusals.js';
import type { ImageStore } from '../image-store.js';
import type { Image } from '../image.entity.js';
import { readRange } from './byte-range.js';

/** Streams an image's file, whole or from an offset on: devices and people resume broken downloads. */
export async function sendImage(
  image: Image,
  store: ImageStore,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  if (image.storageKey === null) throw notFound(`image ${image.id} lies on a file server`);
  const path = store.pathOf(image.storageKey, image.filename);
  const found = await stat(path).catch(() => null);
  if (found === null) throw notFound(`the file of image ${image.id} is not here`);
  const range = readRange(request.headers.range, found.size);
  void reply.headers({
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': `attachment; filename="${image.filename}"`,
    'Accept-Ranges': 'bytes',
    ...(image.sha256 === null ? {} : { ETag: `"${image.sha256}"` }),
  });
  if (range === 'unsatisfiable') {
    await reply.code(416).header('Content-Range', `bytes */${found.size}`).send();
    return;
  }
  const { start, end } = range ?? { start: 0, end: found.size - 1 };
  if (range !== null) void reply.code(206).header('Content-Range', `bytes ${start}-${end}/${found.size}`);
  void reply.header('Content-Length', end - start + 1);
  // Fastify counts any other body of a HEAD as the length of the answer.
  const isHead = request.method === 'HEAD';
  await reply.send(isHead ? Readable.from([]) : createReadStream(path, { start, end }));
}
