import { Body, Delete, Get, HttpCode, Param, Patch, Post, Put, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal, RequireRole } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { SecretBox } from '../../../config/secret-box.js';
import { BodyPipe } from '../../drf/body.pipe.js';
import { IdPipe } from '../../drf/id.pipe.js';
import { pageBody, type PageBody, type QueryValues } from '../../drf/page.js';
import { urlOf } from '../../../http/request-url.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import { CredentialsService } from '../credentials.service.js';
import { CredentialBody, toCredentialWish } from './credentials.dto.js';
import { toCredentialView, type CredentialView } from './credentials.view.js';

/** Named logins that devices refer to. An addition: the original has only the global one. */
@UpgradeController('dcim/credentials')
@RequireRole('admin')
export class CredentialsController {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly secrets: SecretBox,
  ) {}

  @Get()
  async list(@Query() query: QueryValues, @Req() request: FastifyRequest): Promise<PageBody<CredentialView>> {
    const { page, count, rows } = await this.credentials.list(query);
    return pageBody(urlOf(request), page, count, rows.map(toCredentialView));
  }

  @Get(':id')
  async get(@Param('id', IdPipe) id: number): Promise<CredentialView> {
    return toCredentialView(await this.credentials.get(id));
  }

  @Post()
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(new BodyPipe(CredentialBody)) body: CredentialBody,
  ): Promise<CredentialView> {
    return toCredentialView(await this.credentials.save(principal, null, toCredentialWish(body, this.secrets)));
  }

  @Put(':id')
  async replace(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(CredentialBody)) body: CredentialBody,
  ): Promise<CredentialView> {
    return toCredentialView(await this.credentials.save(principal, id, toCredentialWish(body, this.secrets)));
  }

  @Patch(':id')
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
    @Body(new BodyPipe(CredentialBody, { partial: true })) body: CredentialBody,
  ): Promise<CredentialView> {
    return toCredentialView(await this.credentials.save(principal, id, toCredentialWish(body, this.secrets)));
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@CurrentPrincipal() principal: Principal, @Param('id', IdPipe) id: number): Promise<void> {
    await this.credentials.remove(principal, id);
  }
}
