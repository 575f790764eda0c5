import { Get, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { RequireRole } from '../../../auth/passport/access.decorators.js';
import { pageBody, pageOffset, pageRequest, type PageBody, type QueryValues } from '../../drf/page.js';
import { urlOf } from '../../../http/request-url.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import { GROUPS, PERMISSIONS, type Group } from '../permissions.js';

/** The roles as this dialect's groups, and what each may do: fixed, to read only. */
@UpgradeController('users')
@RequireRole('admin')
export class GroupsController {
  @Get('groups')
  groups(@Query() query: QueryValues, @Req() request: FastifyRequest): PageBody<Group> {
    return page(GROUPS, query, request);
  }

  @Get('permissions')
  permissions(@Query() query: QueryValues, @Req() request: FastifyRequest): PageBody<object> {
    const views = PERMISSIONS.map(({ id, name, codename, code }) => ({ id, name, codename, code }));
    return page(views, query, request);
  }
}

function page<T>(all: readonly T[], query: QueryValues, request: FastifyRequest): PageBody<T> {
  const asked = pageRequest(query);
  const { offset } = pageOffset(asked, all.length);
  return pageBody(urlOf(request), asked, all.length, all.slice(offset, offset + asked.size));
}
