import { Body, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { CurrentPrincipal, RequireRole } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import type { IdempotentRequest } from '../../../http/idempotency/idempotency.js';
import { Answers } from '../../api/answers.decorator.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { Idempotent } from '../../api/idempotent-request.js';
import { toPageView } from '../../api/page.dto.js';
import { integerOf } from '../../api/path-ids.js';
import { noBody, noQuery, strictBody, strictQuery } from '../../api/strict.pipe.js';
import { FleetIdentity } from '../identity.service.js';
import { NewToken, TokensQuery } from './identity.dto.js';
import { NewTokenView, TokenPage, TokenView, toTokenView } from './identity.view.js';

/** Keys that stand for users. Those that start one plan only are made at the plan. */
@FleetController('tokens')
@RequireRole('admin')
export class TokensController {
  constructor(private readonly identity: FleetIdentity) {}

  @Get()
  @Answers('The tokens, without their keys', 200, TokenPage)
  async list(@Query(strictQuery(TokensQuery)) query: TokensQuery): Promise<TokenPage> {
    return toPageView(await this.identity.listTokens(query, query), toTokenView);
  }

  @Post()
  @Answers('Make a token; its key is in this answer and nowhere else', 201, NewTokenView, { problems: [422] })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(strictBody(NewToken)) body: NewToken,
    @Query(noQuery()) _query: void,
    @Idempotent() repeat: IdempotentRequest | null,
  ): Promise<NewTokenView> {
    const { id, key } = await this.identity.createToken(
      principal,
      body.user ?? principal.userId,
      {
        description: body.description,
        writeEnabled: body.write_enabled,
        expiresAt: body.expires_at,
        allowedIps: body.allowed_ips,
      },
      repeat,
    );
    return { ...toTokenView(await this.identity.getToken(id)), key };
  }

  @Get(':id')
  @Answers('One token, without its key', 200, TokenView, { problems: [404] })
  async get(@Param('id', integerOf('token')) id: number, @Query(noQuery()) _query: void): Promise<TokenView> {
    return toTokenView(await this.identity.getToken(id));
  }

  /** A token never changes, so there is no version of it to have seen. */
  @Delete(':id')
  @Answers('Take a token back; it stops working at once', 204, null, { problems: [404] })
  async remove(
    @CurrentPrincipal() principal: Principal,
    @Param('id', integerOf('token')) id: number,
    @Body(noBody()) _body: void,
    @Query(noQuery()) _query: void,
  ): Promise<void> {
    await this.identity.removeToken(principal, id);
  }
}
