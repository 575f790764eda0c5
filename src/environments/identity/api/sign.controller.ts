import { Body, Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuthService } from '../../../auth/auth.service.js';
import { SESSION_COOKIE, sessionCredential } from '../../../auth/credential.js';
import { LoginService } from '../../../auth/login.service.js';
import { originOf } from '../../../auth/passport/auth.guard.js';
import { DomainError } from '../../../common/errors.js';
import { given, isObject } from '../../wire/genesis-body.js';
import { isCrossSite } from '../../wire/genesis-origin.js';

const LOGIN_PAGE = '/login.html';
const FAILED = { success: false, errors: 'Login failed. Try again.' } as const;

/**
 * Signing in by a form and out again (spec environments section 1.3). A session is one of Slipway's own log-in tokens, in a cookie
 * that no script reads and that other sites' pages do not send.
 */
@Controller()
@ApiTags('opengenesis')
export class SignController {
  constructor(
    private readonly login: LoginService,
    private readonly auth: AuthService,
  ) {}

  /** Always a 200: the form's script reads whether it worked. */
  @Post('signin')
  @HttpCode(200)
  async signIn(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply, @Body() body: unknown) {
    const form = isObject(body) ? body : {};
    const username = given(form, 'j_username');
    const password = given(form, 'j_password');
    // A page elsewhere must not sign its visitor in as somebody else.
    if (typeof username !== 'string' || typeof password !== 'string' || isCrossSite(request)) return FAILED;
    try {
      const { key, token } = await this.login.login(username, password, originOf(request));
      const isRemembered = given(form, '_spring_security_remember_me') === 'on';
      void reply.header('Set-Cookie', sessionCookie(request, key, isRemembered ? token.expiresAt : null));
      return { success: true };
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'unauthenticated') return FAILED;
      if (error instanceof DomainError && error.kind === 'throttled') {
        return { success: false, errors: 'Too many failed attempts. Try again later.' };
      }
      throw error;
    }
  }

  @Get('logout')
  async signOut(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.endSession(request);
    await reply
      .header('Set-Cookie', sessionCookie(request, '', new Date(0)))
      .header('Location', LOGIN_PAGE)
      .code(302)
      .send();
  }

  @Post('logout')
  async signOutByPost(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.signOut(request, reply);
  }

  private async endSession(request: FastifyRequest): Promise<void> {
    const credential = sessionCredential(request.headers);
    if (credential === null || isCrossSite(request)) return;
    try {
      await this.login.logout(await this.auth.authenticate(credential, originOf(request)));
    } catch (error) {
      // One that is over already is what was asked for.
      if (!(error instanceof DomainError) || error.kind === 'unavailable') throw error;
    }
  }
}

function sessionCookie(request: FastifyRequest, key: string, expires: Date | null): string {
  return [
    `${SESSION_COOKIE}=${key}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Strict',
    ...(request.protocol === 'https' ? ['Secure'] : []),
    ...(expires === null ? [] : [`Expires=${expires.toUTCString()}`]),
  ].join('; ');
}
