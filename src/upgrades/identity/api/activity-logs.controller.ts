import { Get, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { RequireRole } from '../../../auth/passport/access.decorators.js';
import { pageBody, type PageBody, type QueryValues } from '../../drf/page.js';
import { urlOf } from '../../../http/request-url.js';
import { UpgradeController } from '../../drf/upgrade-controller.decorator.js';
import { IdentityLists } from '../identity-lists.service.js';
import { toActivityLogView, type ActivityLogView } from './activity-logs.view.js';

/** The audit trail, to read only. */
@UpgradeController('core/activity-logs')
@RequireRole('admin')
export class ActivityLogsController {
  constructor(private readonly lists: IdentityLists) {}

  @Get()
  async list(@Query() query: QueryValues, @Req() request: FastifyRequest): Promise<PageBody<ActivityLogView>> {
    const { page, count, rows } = await this.lists.events(query);
    return pageBody(urlOf(request), page, count, rows.map(toActivityLogView));
  }
}
