import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { NotFound } from '../../common/errors.js';
import { CurrentPrincipal, RequireRole } from '../../auth/passport/access.decorators.js';
import { originOf as clientOf } from '../../auth/passport/auth.guard.js';
import type { Principal } from '../../auth/principal.js';
import { originOf } from '../../http/request-url.js';
import { catalogAt, type CatalogEntry } from '../catalog.js';
import { KeystoneTokens } from '../keystone-tokens.service.js';
import { KeystoneGuard } from './keystone.guard.js';
import { parsePasswordChange } from './password.dto.js';
import { parseV3Auth } from './v3.dto.js';
import { toProjectsView, toTokenView, type ProjectsView, type TokenView } from './v3.view.js';

type TokenQuery = Readonly<Record<string, unknown>>;

/** Identity v3: as much of it as clients need to log in, look around and log out (spec fuel section 4.3). */
@Controller('keystone/v3')
@ApiTags('keystone')
export class V3Controller {
  constructor(private readonly tokens: KeystoneTokens) {}

  @Post('auth/tokens')
  @HttpCode(201)
  async authenticate(
    @Body() body: unknown,
    @Query() query: TokenQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenView> {
    const { proof, isScoped } = parseV3Auth(body);
    const token = await this.tokens.authenticate(proof, clientOf(request));
    // A token got by a token says so, and how its first one was got.
    const methods = proof.method === 'token' ? [...new Set(['token', ...token.methods])] : token.methods;
    void reply.header('X-Subject-Token', token.key);
    return toTokenView(token, originOf(request), { isScoped, withCatalog: withCatalog(query), methods });
  }

  @Get('auth/tokens')
  @UseGuards(KeystoneGuard)
  async look(
    @CurrentPrincipal() principal: Principal,
    @Headers('x-subject-token') subject: string | undefined,
    @Query() query: TokenQuery,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TokenView> {
    const token = await this.tokens.look(principal, required(subject));
    void reply.header('X-Subject-Token', token.key);
    return toTokenView(token, originOf(request), { isScoped: true, withCatalog: withCatalog(query) });
  }

  @Delete('auth/tokens')
  @HttpCode(204)
  @UseGuards(KeystoneGuard)
  @RequireRole('viewer')
  async revoke(
    @CurrentPrincipal() principal: Principal,
    @Headers('x-subject-token') subject: string | undefined,
  ): Promise<void> {
    await this.tokens.revoke(principal, required(subject));
  }

  @Get('auth/catalog')
  @UseGuards(KeystoneGuard)
  catalog(@Req() request: FastifyRequest): {
    readonly catalog: readonly CatalogEntry[];
    readonly links: { readonly self: string };
  } {
    const origin = originOf(request);
    return { catalog: catalogAt(origin), links: { self: `${origin}/keystone/v3/auth/catalog` } };
  }

  @Get('auth/projects')
  @UseGuards(KeystoneGuard)
  projects(@Req() request: FastifyRequest): ProjectsView {
    return toProjectsView(originOf(request));
  }

  /** As in Keystone no token is asked for: the old password shows who it is. */
  @Post('users/:id/password')
  @HttpCode(204)
  async changePassword(@Param('id') id: string, @Body() body: unknown, @Req() request: FastifyRequest): Promise<void> {
    const { original, wanted } = parsePasswordChange(body);
    await this.tokens.changePassword({ id }, original, wanted, clientOf(request));
  }
}

function required(subject: string | undefined): string {
  if (subject === undefined || subject === '') throw new NotFound('No token in the request');
  return subject;
}

/** `?nocatalog` with any value or none leaves the catalog out. */
function withCatalog(query: TokenQuery): boolean {
  return !Object.hasOwn(query, 'nocatalog');
}
