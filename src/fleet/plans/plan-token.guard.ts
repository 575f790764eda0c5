import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { type PlanTokenAccess, TAKES_PLAN_TOKENS } from '../../auth/passport/access.decorators.js';
import type { Principal } from '../../auth/principal.js';
import { NotFound, Refused } from '../../common/errors.js';

interface PlanTokenRequest extends FastifyRequest {
  user: Principal;
  params: Record<string, string>;
}

/** What this token started is there for it, and nothing else is. Whoever shows another token passes. */
@Injectable()
export class PlanTokenGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly dataSource: DataSource,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { user, params } = context.switchToHttp().getRequest<PlanTokenRequest>();
    if (user.plan === undefined) return true;
    const access = this.reflector.get<PlanTokenAccess | undefined>(TAKES_PLAN_TOKENS, context.getHandler());
    const value = access && params[access.parameter];
    if (access === undefined || value === undefined) throw outOfScope(user.plan);
    if (access.reach === 'plan') {
      if (value !== user.plan) throw outOfScope(user.plan);
      return true;
    }
    if (!(await this.started(user, access, value))) throw new NotFound('This token has not started it.');
    return true;
  }

  private async started(user: Principal, { reach }: PlanTokenAccess, value: string): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      reach === 'batch'
        ? 'select 1 from plan_runs where token_id = $1 and batch_id::text = lower($2)'
        : `select 1 from jobs j join plan_runs r using (batch_id) where r.token_id = $1 and j.id = $2::bigint`,
      [user.tokenId, reach === 'batch' ? value : /^\d{1,10}$/.test(value) ? value : '0'],
    );
    return rows.length > 0;
  }
}

function outOfScope(plan: string): Refused {
  return new Refused(`The token starts the plan ${plan} and nothing else.`, { code: 'scope' });
}
