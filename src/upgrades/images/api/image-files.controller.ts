import { timingSafeEqual } from 'node:crypto';
import { Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { IdPipe } from '../../drf/id.pipe.js';
import { queryText, type QueryValues } from '../../drf/page.js';
import { notFound } from '../../drf/refusals.js';
import { ImageStore } from '../image-store.js';
import { ImagesService } from '../images.service.js';
import { sendImage } from './send-image.js';

/** Where devices pull images from. A device has no account: the image's own token in the address lets it in. */
@Controller('api/images/files')
@ApiTags('upgrade')
export class ImageFilesController {
  constructor(
    private readonly images: ImagesService,
    private readonly store: ImageStore,
  ) {}

  @Get(':id/:filename')
  async pull(
    @Param('id', IdPipe) id: number,
    @Param('filename') filename: string,
    @Query() query: QueryValues,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const image = await this.images.get(id);
    if (image.filename !== filename || !isSame(queryText(query, 'token') ?? '', image.pullToken)) {
      throw notFound('the address of an image is wrong');
    }
    await sendImage(image, this.store, request, reply);
  }
}

function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
