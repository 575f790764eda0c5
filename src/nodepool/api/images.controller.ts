import { Delete, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { CurrentPrincipal } from '../../auth/passport/access.decorators.js';
import type { Principal } from '../../auth/principal.js';
import { IgnoresBody } from '../../http/ignores-body.js';
import { ProviderImagesService } from '../requests/provider-images.service.js';
import { type SnapshotImageView, toSnapshotImageView } from './image.view.js';
import { Filter, type ListFilter, passes } from './list-filter.js';
import { NodepoolController } from './nodepool-controller.decorator.js';
import { answerNull } from './null-answer.js';
import { idOf, PathIdPipe, ReadIdPipe } from './path-id.pipe.js';
import { type ReadFields, RequestFields, requiredText, TakesFields } from './request-fields.js';

const UNKNOWN = 'Image id not found';

/** `/v1/images` (contract; spec nodepool sections 1.5 and 1.7). */
@NodepoolController()
export class ImagesController {
  constructor(private readonly images: ProviderImagesService) {}

  @Get(['images', 'images.json'])
  async list(@Filter('image') filter: ListFilter): Promise<SnapshotImageView[]> {
    const now = new Date();
    const images = await this.images.list();
    return images
      .filter(({ state, providerName, imageName }) =>
        passes(filter, { state, provider: providerName, name: imageName }),
      )
      .map((image) => toSnapshotImageView(image, now));
  }

  @Get('images/:ref')
  async get(@Param('ref', new ReadIdPipe(UNKNOWN)) id: number): Promise<SnapshotImageView> {
    return toSnapshotImageView(await this.images.get(id), new Date());
  }

  @Delete('images/:ref')
  @HttpCode(204)
  @IgnoresBody()
  async delete(
    @Param('ref', new PathIdPipe(UNKNOWN)) id: number,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    await this.images.delete(id, principal);
  }

  @Post('images/:ref/update')
  @TakesFields()
  async update(
    @Param('ref') ref: string,
    @RequestFields() readFields: ReadFields,
    @CurrentPrincipal() principal: Principal,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const provider = requiredText(await readFields(), 'provider_name');
    await this.images.update({ name: ref, id: idOf(ref) }, provider, principal);
    answerNull(reply, 201);
  }
}
