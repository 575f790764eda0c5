import { Body, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { SecretBox } from '../../../config/secret-box.js';
import { BodyPipe } from '../../drf/body.pipe.js';
import { IdPipe } from '../../drf/id.pipe.js';
import { pageBody, type PageBody, type QueryValues } from '../../drf/page.js';
import { urlOf } from '../../../http/request-url.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import { FileServersService } from '../file-servers.service.js';
import { FileServerBody, toFileServerWish } from './file-servers.dto.js';
import { toFileServerView, type FileServerView } from './file-servers.view.js';

@UpgradeController('images/file-servers')
export class FileServersController {
  constructor(
    private readonly servers: FileServersService,
    private readonly secrets: SecretBox,
  ) {}

  @Get()
  async list(@Query() query: QueryValues, @Req() request: FastifyRequest): Promise<PageBody<FileServerView>> {
    const { page, count, rows } = await this.servers.list(query);
    return pageBody(urlOf(request), page, count, rows.map(toFileServerView));
  }

  @Get(':id')
  async get(@Param('id', IdPipe) id: number): Promise<FileServerView> {
    return toFileServerView(await this.servers.get(id));
  }

  @Post()
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(new BodyPipe(FileServerBody)) body: FileServerBody,
  ): Promise<FileServerView> {
    return toFileServerView(await this.servers.create(principal, toFileServerWish(body, this.secrets)));
  }

  @Put(':id')
  async replace(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(FileServerBody)) body: FileServerBody,
  ): Promise<FileServerView> {
    return toFileServerView(await this.servers.update(principal, id, toFileServerWish(body, this.secrets)));
  }

  @Patch(':id')
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(FileServerBody, { partial: true })) body: FileServerBody,
  ): Promise<FileServerView> {
    return toFileServerView(await this.servers.update(principal, id, toFileServerWish(body, this.secrets)));
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@CurrentPrincipal() principal: Principal, @Param('id', IdPipe) id: number): Promise<void> {
    await this.servers.remove(principal, id);
  }
}
