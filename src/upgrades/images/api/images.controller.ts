import { Body, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { TooLarge } from '../../../common/errors.js';
import { Config } from '../../../config/config.js';
import { AcceptsMedia } from '../../../http/accepts-media.js';
import { BodyPipe, parseBody } from '../../drf/body.pipe.js';
import { IdPipe } from '../../drf/id.pipe.js';
import { pageBody, type PageBody, type QueryValues } from '../../drf/page.js';
import { originOf, urlOf } from '../../../http/request-url.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import { ImageLibraryService } from '../image-library.service.js';
import { ImageStore } from '../image-store.js';
import type { Image } from '../image.entity.js';
import { ImagesService } from '../images.service.js';
import { readImageForm } from './image-form.js';
import { ImageBody, toFileWish, toImageWish } from './images.dto.js';
import { toImageView, type ImageView } from './images.view.js';
import { sendImage } from './send-image.js';

/** What a form has around its file: boundaries, headers, small fields. */
const FORM_OVERHEAD = 1024 * 1024;

@UpgradeController('images/images')
export class ImagesController {
  constructor(
    private readonly images: ImagesService,
    private readonly library: ImageLibraryService,
    private readonly store: ImageStore,
    private readonly config: Config,
  ) {}

  @Get()
  async list(@Query() query: QueryValues, @Req() request: FastifyRequest): Promise<PageBody<ImageView>> {
    const { page, count, rows } = await this.library.list(query);
    return pageBody(urlOf(request), page, count, await this.views(rows, request));
  }

  @Get(':id')
  async get(@Param('id', IdPipe) id: number, @Req() request: FastifyRequest): Promise<ImageView> {
    return this.view(await this.images.get(id), request);
  }

  @Get(':id/download')
  async download(
    @Param('id', IdPipe) id: number,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await sendImage(await this.images.get(id), this.store, request, reply);
  }

  /** A form with a file is an upload, JSON records an image that lies on a file server. */
  @Post()
  @AcceptsMedia('multipart/form-data')
  async create(@CurrentPrincipal() principal: Principal, @Req() request: FastifyRequest): Promise<ImageView> {
    if (!request.isMultipart()) {
      const wish = toImageWish(parseBody(ImageBody, request.body));
      return this.view(await this.library.record(principal, wish), request);
    }
    const limit = this.config.values.uploadLimitMb * 1024 * 1024;
    // Known before the first byte: nothing of it has to be received.
    if (Number(request.headers['content-length'] ?? 0) > limit + FORM_OVERHEAD) {
      throw new TooLarge('The file is larger than this server takes (SLIPWAY_UPLOAD_LIMIT_MB).');
    }
    const { file, filename, fields } = await readImageForm(request, this.store);
    return this.view(await this.library.add(principal, file, { ...toFileWish(fields), filename }), request);
  }

  @Put(':id')
  async replace(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(ImageBody, { partial: true })) body: ImageBody,
    @Req() request: FastifyRequest,
  ): Promise<ImageView> {
    return this.view(await this.library.update(principal, id, toImageWish(body)), request);
  }

  @Patch(':id')
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(ImageBody, { partial: true })) body: ImageBody,
    @Req() request: FastifyRequest,
  ): Promise<ImageView> {
    return this.view(await this.library.update(principal, id, toImageWish(body)), request);
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@CurrentPrincipal() principal: Principal, @Param('id', IdPipe) id: number): Promise<void> {
    await this.library.remove(principal, id);
  }

  private async view(image: Image, request: FastifyRequest): Promise<ImageView> {
    const [view] = await this.views([image], request);
    return view as ImageView;
  }

  private async views(images: readonly Image[], request: FastifyRequest): Promise<ImageView[]> {
    const servers = await this.library.fileServersOf(images);
    return images.map((image) => toImageView(image, servers.get(image.fileServerId ?? 0), originOf(request)));
  }
}
