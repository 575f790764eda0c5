import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { AuthService } from '../../auth/auth.service.js';
import { authGuard } from '../../auth/passport/auth.guard.js';
import type { Principal } from '../../auth/principal.js';
import { Refused } from '../../common/errors.js';
import { isCrossSite } from './genesis-origin.js';

/** A password or a token in a header wins over the session's cookie (spec environments section 1.3). */
const SchemesGuard = authGuard(['basic', 'bearer', 'token', 'x-auth-token', 'session']);

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Nobody gets past it without a credential, and no other site's page changes anything through a session. */
@Injectable()
export class GenesisGuard extends SchemesGuard implements CanActivate {
  constructor(@Inject(AuthService) auth: AuthService, @Inject(Reflector) reflector: Reflector) {
    super(auth, reflector);
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    await super.canActivate(context);
    const request = context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>();
    if (request.user.source === 'session' && !SAFE_METHODS.has(request.method) && isCrossSite(request)) {
      throw new Refused('The request comes from another site.', { code: 'cross_site' });
    }
    return true;
  }
}
