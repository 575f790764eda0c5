import { Delete, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal } from '../../auth/passport/access.decorators.js';
import type { Principal } from '../../auth/principal.js';
import { IgnoresBody } from '../../http/ignores-body.js';
import { DibImagesService } from '../requests/dib-images.service.js';
import { HeldRequests } from './held-requests.js';
import { type DibImageView, toDibImageView } from './image.view.js';
import { Filter, type ListFilter, passes } from './list-filter.js';
import { NodepoolController } from './nodepool-controller.decorator.js';
import { answerNull } from './null-answer.js';
import { PathIdPipe, ReadIdPipe } from './path-id.pipe.js';
import { type ReadFields, RequestFields, requiredText, TakesFields } from './request-fields.js';

const UNKNOWN = 'Dib image id not found';

/** `/v1/dib_images` (contract; spec nodepool sections 1.5 and 1.7). */
@NodepoolController()
export class DibImagesController {
  constructor(
    private readonly dibs: DibImagesService,
    private readonly held: HeldRequests,
  ) {}

  @Get(['dib_images', 'dib_images.json'])
  async list(@Filter('image') filter: ListFilter): Promise<DibImageView[]> {
    const now = new Date();
    const dibs = await this.dibs.list();
    return dibs
      .filter(({ state, imageName }) =>
        passes({ ...filter, providers: null }, { state, provider: null, name: imageName }),
      )
      .map((dib) => toDibImageView(dib, now));
  }

  @Get('dib_images/:ref')
  async get(@Param('ref', new ReadIdPipe(UNKNOWN)) id: number): Promise<DibImageView> {
    return toDibImageView(await this.dibs.get(id), new Date());
  }

  @Delete('dib_images/:ref')
  @HttpCode(204)
  @IgnoresBody()
  async delete(
    @Param('ref', new PathIdPipe(UNKNOWN)) id: number,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    await this.dibs.delete(id, principal);
  }

  @Post('dib_images/:ref/build')
  @IgnoresBody()
  async build(
    @Param('ref') name: string,
    @CurrentPrincipal() principal: Principal,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const batchId = await this.dibs.build(name, principal);
    await this.held.hold(batchId, request, reply);
    answerNull(reply, 201);
  }

  @Post('dib_images/:ref/upload')
  @TakesFields()
  async upload(
    @Param('ref') name: string,
    @RequestFields() readFields: ReadFields,
    @CurrentPrincipal() principal: Principal,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const provider = requiredText(await readFields(), 'provider_name');
    await this.dibs.upload(name, provider, principal);
    answerNull(reply, 201);
  }
}
