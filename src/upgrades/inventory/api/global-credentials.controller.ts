import { Body, Delete, Get, HttpCode, Patch, Post, Put, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal, RequireRole } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { SecretBox } from '../../../config/secret-box.js';
import { BodyPipe } from '../../drf/body.pipe.js';
import { pageBody, type PageBody } from '../../drf/page.js';
import { urlOf } from '../../../http/request-url.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import { CredentialsService } from '../credentials.service.js';
import { toGlobalCredentialView, type GlobalCredentialView } from './credentials.view.js';
import { LoginFields, toLoginWish } from './login.dto.js';

/** The login of devices that have none: one row, and POST changes it (spec upgrade section 2). */
@UpgradeController('dcim/global-credentials')
@RequireRole('admin')
export class GlobalCredentialsController {
  constructor(
    private readonly credentials: CredentialsService,
    private readonly secrets: SecretBox,
  ) {}

  @Get()
  async list(@Req() request: FastifyRequest): Promise<PageBody<GlobalCredentialView>> {
    const credential = await this.credentials.findGlobal();
    const rows = credential === null ? [] : [toGlobalCredentialView(credential)];
    return pageBody(urlOf(request), { number: 1, size: 1 }, rows.length, rows);
  }

  @Post()
  async save(
    @CurrentPrincipal() principal: Principal,
    @Body(new BodyPipe(LoginFields)) body: LoginFields,
  ): Promise<GlobalCredentialView> {
    return toGlobalCredentialView(await this.credentials.saveGlobal(principal, toLoginWish(body, this.secrets)));
  }

  @Put([':id', ''])
  async replace(
    @CurrentPrincipal() principal: Principal,
    @Body(new BodyPipe(LoginFields)) body: LoginFields,
  ): Promise<GlobalCredentialView> {
    return this.save(principal, body);
  }

  @Patch([':id', ''])
  async change(
    @CurrentPrincipal() principal: Principal,
    @Body(new BodyPipe(LoginFields)) body: LoginFields,
  ): Promise<GlobalCredentialView> {
    return this.save(principal, body);
  }

  @Delete([':id', ''])
  @HttpCode(204)
  async remove(@CurrentPrincipal() principal: Principal): Promise<void> {
    await this.credentials.removeGlobal(principal);
  }
}
