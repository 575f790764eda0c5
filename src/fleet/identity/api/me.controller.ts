import { Body, Controller, Get, Post, Query, Req, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { originOf } from '../../../auth/passport/auth.guard.js';
import { CurrentPrincipal } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import { LoginService } from '../../../auth/login.service.js';
import { Answers } from '../../api/answers.decorator.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { JsonBodies } from '../../api/json-bodies.interceptor.js';
import { noBody, noQuery, strictBody } from '../../api/strict.pipe.js';
import { LoginBody } from './identity.dto.js';
import { LoginView, MeView, toMeView } from './identity.view.js';

@FleetController('me')
export class MeController {
  @Get()
  @Answers('Who asks, and what they may', 200, MeView)
  get(@CurrentPrincipal() principal: Principal, @Query(noQuery()) _query: void): MeView {
    return toMeView(principal);
  }
}

@FleetController('logout')
export class LogoutController {
  constructor(private readonly logins: LoginService) {}

  /** A second time the token is not known any more, so there is nothing to be repeated. */
  @Post()
  @Answers('Take back the token of the log-in that the request was made with', 204, null)
  async logout(
    @CurrentPrincipal() principal: Principal,
    @Body(noBody()) _body: void,
    @Query(noQuery()) _query: void,
  ): Promise<void> {
    await this.logins.logout(principal);
  }
}

/** The one address that takes no credential: it is there to get one. */
@Controller('fleet/v1/login')
@UseInterceptors(JsonBodies)
@ApiTags('fleet')
export class LoginController {
  constructor(private readonly logins: LoginService) {}

  @Post()
  @Answers('A token for a user name and a password; it lives some hours', 200, LoginView, { problems: [429] })
  async login(
    @Body(strictBody(LoginBody)) { username, password }: LoginBody,
    @Query(noQuery()) _query: void,
    @Req() request: FastifyRequest,
  ): Promise<LoginView> {
    const { key, token, user } = await this.logins.login(username, password, originOf(request));
    return { token: key, expires_at: token.expiresAt, username: user.username, role: user.role };
  }
}
