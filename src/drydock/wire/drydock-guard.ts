import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { AuthService } from '../../auth/auth.service.js';
import { authGuard } from '../../auth/passport/auth.guard.js';
import type { Principal } from '../../auth/principal.js';
import { Refused } from '../../common/errors.js';
import { DrydockPolicy } from './drydock-policy.js';
import { DRYDOCK_RULE, type DrydockRule } from './drydock-rules.js';

/** Keystone's header first; the others are what every dialect of ours takes. */
const SchemesGuard = authGuard(['x-auth-token', 'token', 'bearer', 'basic']);

/** Nobody gets past it without a credential and a role that the route's rule names. */
@Injectable()
export class DrydockGuard extends SchemesGuard implements CanActivate {
  constructor(
    @Inject(AuthService) auth: AuthService,
    @Inject(Reflector) private readonly metadata: Reflector,
    @Inject(DrydockPolicy) private readonly policy: DrydockPolicy,
  ) {
    super(auth, metadata);
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    await super.canActivate(context);
    const rule = this.metadata.get<DrydockRule | undefined>(DRYDOCK_RULE, context.getHandler());
    if (rule === undefined) throw new Refused('The route names no rule.', { code: 'role' });
    this.policy.assert(context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>().user, rule);
    return true;
  }
}
