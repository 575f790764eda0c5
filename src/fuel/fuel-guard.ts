import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { AuthService } from '../auth/auth.service.js';
import { authGuard, originOf } from '../auth/passport/auth.guard.js';
import type { Principal } from '../auth/principal.js';
import { DomainError } from '../common/errors.js';
import { FrameworkError } from '../http/framework-error.js';
import { PUBLIC_ROUTE } from './public-route.js';

/** The header wins over the cookie, even when it is the wrong one (spec fuel section 4.1). */
const TokenGuard = authGuard(['x-auth-token', 'token', 'bearer', 'basic', 'cookie']);

/** Nobody gets past it without a credential, except on routes that are public, where whoever shows none is `PUBLIC`. */
@Injectable()
export class FuelGuard extends TokenGuard implements CanActivate {
  constructor(
    @Inject(AuthService) auth: AuthService,
    @Inject(Reflector) private readonly metadata: Reflector,
  ) {
    super(auth, metadata);
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const isPublic = this.metadata.get<boolean | undefined>(PUBLIC_ROUTE, context.getHandler()) ?? false;
    const request = context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>();
    try {
      await super.canActivate(context);
    } catch (error) {
      if (!isPublic || !(error instanceof DomainError) || error.kind === 'unavailable') throw error;
      request.user = anonymous(request);
    }
    assertTakesJson(request.headers.accept);
    return true;
  }
}

function anonymous(request: FastifyRequest): Principal {
  const { address, userAgent } = originOf(request);
  return {
    userId: null,
    username: 'anonymous',
    role: 'viewer',
    tokenId: null,
    writeEnabled: false,
    address,
    userAgent,
    source: 'public',
  };
}

/** 415 as Nailgun 6.1 answers it, although 406 would be the word for it (spec fuel section 1). */
function assertTakesJson(accept: string | undefined): void {
  const taken = (accept ?? '')
    .split(',')
    .map((range) => (range.split(';')[0] ?? '').trim().toLowerCase())
    .filter((range) => range !== '');
  if (taken.length === 0 || taken.some((range) => ['application/json', 'application/*', '*/*'].includes(range))) return;
  throw new FrameworkError('unsupported_media_type', 415, 'This API answers application/json only.');
}
