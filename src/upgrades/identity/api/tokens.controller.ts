import { Body, Delete, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CurrentPrincipal, RequireRole } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { TokensService } from '../../../auth/tokens.service.js';
import { BodyPipe } from '../../drf/body.pipe.js';
import { IdPipe } from '../../drf/id.pipe.js';
import { pageBody, type PageBody, type QueryValues } from '../../drf/page.js';
import { urlOf } from '../../../http/request-url.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import { IdentityLists } from '../identity-lists.service.js';
import { TokenBody, toTokenWish } from './tokens.dto.js';
import { toMintedTokenView, toTokenView, type TokenView } from './tokens.view.js';

@UpgradeController('users/tokens')
@RequireRole('admin')
export class TokensController {
  constructor(
    private readonly tokens: TokensService,
    private readonly lists: IdentityLists,
  ) {}

  @Get()
  async list(@Query() query: QueryValues, @Req() request: FastifyRequest): Promise<PageBody<TokenView>> {
    const { page, count, rows } = await this.lists.tokens(query);
    const views = rows.map((token) => toTokenView(token, { username: token.user?.username ?? '' }));
    return pageBody(urlOf(request), page, count, views);
  }

  @Get(':id')
  async get(@Param('id', IdPipe) id: number): Promise<TokenView> {
    const { token, owner } = await this.tokens.get(id);
    return toTokenView(token, owner);
  }

  @Post()
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(new BodyPipe(TokenBody)) body: TokenBody,
  ): Promise<TokenView & { readonly key: string }> {
    const minted = await this.tokens.create(principal, body.user ?? principal.userId, toTokenWish(body));
    return toMintedTokenView(minted, minted.owner);
  }

  @Post(':id/regenerate')
  @HttpCode(200)
  async regenerate(
    @CurrentPrincipal() principal: Principal,
    @Param('id', IdPipe) id: number,
  ): Promise<TokenView & { readonly key: string }> {
    const minted = await this.tokens.regenerate(principal, id);
    return toMintedTokenView(minted, minted.owner);
  }

  @Delete(':id')
  @HttpCode(204)
  async revoke(@CurrentPrincipal() principal: Principal, @Param('id', IdPipe) id: number): Promise<void> {
    await this.tokens.revoke(principal, id);
  }
}
