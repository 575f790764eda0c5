import { type ExecutionContext, Inject, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { assertAllowed } from '../../auth/access.js';
import { basicCredential } from '../../auth/credential.js';
import { authGuard, originOf } from '../../auth/passport/auth.guard.js';
import type { Principal } from '../../auth/principal.js';
import { Config } from '../../config/config.js';

import { ApiIdentity } from './api-identity.js';

const TAKES_LOGIN = 'slipway:nodepool-takes-login';

/** A read that is not for everybody: it asks the providers. */
export function TakesLogin() {
  return SetMetadata(TAKES_LOGIN, true);
}

/** The original knows basic only; a Slipway token works beside it. */
const SchemesGuard = authGuard(['basic', 'token', 'bearer', 'x-auth-token']);

/**
 * Reads are public, whatever `Authorization` they carry, unless NODEPOOL_READS_REQUIRE_AUTH; everything else takes an
 * operator, before anybody looks whether the object exists (spec nodepool section 1.1).
 */
@Injectable()
export class NodepoolGuard extends SchemesGuard {
  @Inject(Config) private readonly config: Config;
  @Inject(ApiIdentity) private readonly identity: ApiIdentity;
  @Inject(Reflector) private readonly metadata: Reflector;

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest & { user: Principal }>();
    const reads = request.method === 'GET' || request.method === 'HEAD';
    if (reads && !this.config.values.nodepoolReadsRequireAuth && !this.takesLogin(context)) return true;
    const given = basicCredential(request.headers);
    const principal = given && this.identity.find(given.username, given.password, originOf(request));
    if (!principal) return (await super.canActivate(context)) as boolean;
    request.user = principal;
    assertAllowed(principal, request.method, {});
    return true;
  }

  private takesLogin(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    return this.metadata.getAllAndOverride<boolean | undefined>(TAKES_LOGIN, targets) === true;
  }
}
