import { type CanActivate, type ExecutionContext, Inject, type Type } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Unauthenticated } from '../../common/errors.js';
import { clientAddress } from '../../http/client-address.js';
import { assertAllowed, type RequiredAccess } from '../access.js';
import { AuthService } from '../auth.service.js';
import type { Credential } from '../credential.js';
import type { Origin, Principal, Scheme } from '../principal.js';
import { READS_ONLY, REQUIRED_ACCESS, TAKES_PLAN_TOKENS } from './access.decorators.js';

/**
 * The guard of a dialect that takes these schemes; the first the request shows counts. Refuses with domain errors only:
 * `Unauthenticated` (code `not_provided` besides those of `AuthService`), `Refused` (`read_only`, `address`, `role`),
 * `Throttled`. Leaves the `Principal` as `request.user`.
 */
export function authGuard(schemes: readonly Scheme[]): Type<CanActivate> {
  class SchemesGuard extends AuthGuard([...schemes]) {
    constructor(
      @Inject(AuthService) private readonly auth: AuthService,
      @Inject(Reflector) private readonly reflector: Reflector,
    ) {
      super();
    }

    override async canActivate(context: ExecutionContext): Promise<boolean> {
      await super.canActivate(context);
      const request = context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>();
      const targets = [context.getHandler(), context.getClass()];
      assertAllowed(request.user, request.method, {
        required: this.reflector.getAllAndOverride<RequiredAccess | undefined>(REQUIRED_ACCESS, targets),
        readsOnly: this.reflector.getAllAndOverride<boolean | undefined>(READS_ONLY, targets),
        takesPlanTokens: this.reflector.get<unknown>(TAKES_PLAN_TOKENS, context.getHandler()) !== undefined,
      });
      return true;
    }

    /** Passport calls this with what a strategy read from the request. What it returns may be a promise. */
    override handleRequest<T>(
      error: unknown,
      credential: Credential | false,
      _info: unknown,
      context: ExecutionContext,
    ): T {
      if (error) throw error;
      if (!credential) throw new Unauthenticated('No credentials were given.', { code: 'not_provided' });
      const origin = originOf(context.switchToHttp().getRequest<FastifyRequest>());
      return this.auth.authenticate(credential, origin) as T;
    }
  }
  return SchemesGuard;
}

/** Where a request comes from, for the services that have to know. */
export function originOf(request: FastifyRequest): Origin {
  return { address: clientAddress(request), userAgent: request.headers['user-agent'] };
}
