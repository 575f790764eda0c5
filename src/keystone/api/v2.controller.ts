import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Req, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal, RequireRole } from '../../auth/passport/access.decorators.js';
import { originOf as clientOf } from '../../auth/passport/auth.guard.js';
import type { Principal } from '../../auth/principal.js';
import { originOf } from '../../http/request-url.js';
import { KeystoneTokens } from '../keystone-tokens.service.js';
import { KeystoneGuard } from './keystone.guard.js';
import { parsePasswordChange } from './password.dto.js';
import { parseV2Auth } from './v2.dto.js';
import { TENANT, toAccessView, type AccessView, type TenantView } from './v2.view.js';

/** Identity v2.0, which python-fuelclient and the fuel_upgrade tool speak (spec fuel section 4.2). */
@Controller('keystone/v2.0')
@ApiTags('keystone')
export class V2Controller {
  constructor(private readonly tokens: KeystoneTokens) {}

  @Post('tokens')
  @HttpCode(200)
  async authenticate(@Body() body: unknown, @Req() request: FastifyRequest): Promise<AccessView> {
    return toAccessView(await this.tokens.authenticate(parseV2Auth(body), clientOf(request)), originOf(request));
  }

  /** A user's own password. The old one shows who it is, so a token may be there or not; the answer holds a new one. */
  @Patch('OS-KSCRUD/users/:id')
  async changePassword(
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
  ): Promise<AccessView> {
    const { original, wanted } = parsePasswordChange(body);
    const user = { id };
    await this.tokens.changePassword(user, original, wanted, clientOf(request));
    const token = await this.tokens.authenticate({ method: 'password', user, password: wanted }, clientOf(request));
    return toAccessView(token, originOf(request));
  }

  @Get('tokens/:key')
  @UseGuards(KeystoneGuard)
  @RequireRole('admin')
  async look(
    @CurrentPrincipal() principal: Principal,
    @Param('key') key: string,
    @Req() request: FastifyRequest,
  ): Promise<AccessView> {
    return toAccessView(await this.tokens.look(principal, key), originOf(request));
  }

  @Delete('tokens/:key')
  @HttpCode(204)
  @UseGuards(KeystoneGuard)
  @RequireRole('viewer')
  async revoke(@CurrentPrincipal() principal: Principal, @Param('key') key: string): Promise<void> {
    await this.tokens.revoke(principal, key);
  }

  @Get('tenants')
  @UseGuards(KeystoneGuard)
  tenants(): { readonly tenants: readonly TenantView[]; readonly tenants_links: readonly never[] } {
    return { tenants: [TENANT], tenants_links: [] };
  }
}
