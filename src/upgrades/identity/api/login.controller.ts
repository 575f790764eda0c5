import { Body, Controller, Get, HttpCode, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { LoginService } from '../../../auth/login.service.js';
import { CurrentPrincipal, RequireRole } from '../../../auth/passport/access.decorators.js';
import { originOf } from '../../../auth/passport/auth.guard.js';
import type { Principal } from '../../../auth/principal.js';
import { UsersService } from '../../../auth/users.service.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import { parseLogin } from './login.dto.js';
import { toAccountView, toGuestView, toMeView, type AccountView } from './users.view.js';

interface LoginView extends AccountView {
  readonly token: string;
  readonly expires: string | null;
}

/** The one call of this dialect that takes no credential: it hands one out. */
@Controller('api/auth')
@ApiTags('upgrade')
export class LoginController {
  constructor(private readonly logins: LoginService) {}

  @Post('login')
  @HttpCode(200)
  async login(@Body() body: unknown, @Req() request: FastifyRequest): Promise<LoginView> {
    const { username, password } = parseLogin(body);
    const { user, token, key } = await this.logins.login(username, password, originOf(request));
    return { ...toAccountView(user), token: key, expires: token.expiresAt?.toISOString() ?? null };
  }
}

@UpgradeController('auth')
@RequireRole('viewer')
export class SessionController {
  constructor(
    private readonly logins: LoginService,
    private readonly users: UsersService,
  ) {}

  @Post('logout')
  @HttpCode(200)
  async logout(@CurrentPrincipal() principal: Principal): Promise<{ message: string }> {
    await this.logins.logout(principal);
    return { message: 'Logged out successfully' };
  }

  @Get('me')
  async me(
    @CurrentPrincipal() principal: Principal,
  ): Promise<AccountView & { readonly permissions: readonly string[] }> {
    return principal.userId === null ? toGuestView(principal) : toMeView(await this.users.get(principal.userId));
  }
}
