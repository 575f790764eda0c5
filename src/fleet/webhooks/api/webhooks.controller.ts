import { Body, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { CurrentPrincipal, RequireRole } from '../../../auth/passport/access.decorators.js';
import type { Principal } from '../../../auth/principal.js';
import type { ExpectedVersion } from '../../../common/expected-version.js';
import type { IdempotentRequest } from '../../../http/idempotency/idempotency.js';
import { Answers } from '../../api/answers.decorator.js';
import { RequiredIfMatch } from '../../api/entity-tag.js';
import { FleetController } from '../../api/fleet-controller.decorator.js';
import { Idempotent } from '../../api/idempotent-request.js';
import { PageQuery, toPageView } from '../../api/page.dto.js';
import { integerOf } from '../../api/path-ids.js';
import { noBody, noQuery, strictBody, strictQuery } from '../../api/strict.pipe.js';
import { RedeliveriesService } from '../redeliveries.service.js';
import { WebhookListsService } from '../webhook-lists.service.js';
import { WebhooksService } from '../webhooks.service.js';
import {
  BacklogPage,
  DeliveryPage,
  RedeliveryView,
  toBacklogView,
  toDeliveryView,
  toWebhookView,
  WebhookPage,
  WebhookView,
} from './webhook.view.js';
import { DeliveriesQuery, NewWebhook, RedeliveryRequest, WebhookChange } from './webhooks.dto.js';

/** Whom we tell of events. For administrators: an address may be a secret, and what is sent there leaves the house. */
@FleetController('webhooks')
@RequireRole('admin')
export class WebhooksController {
  constructor(
    private readonly webhooks: WebhooksService,
    private readonly lists: WebhookListsService,
    private readonly redeliveries: RedeliveriesService,
  ) {}

  @Get()
  @Answers('The webhooks', 200, WebhookPage)
  async list(@Query(strictQuery(PageQuery)) query: PageQuery): Promise<WebhookPage> {
    return toPageView(await this.lists.webhooks(query), toWebhookView);
  }

  @Post()
  @Answers('Have events told to an address, signed as Standard Webhooks describe', 201, WebhookView, {
    problems: [409, 422],
  })
  async create(
    @CurrentPrincipal() principal: Principal,
    @Body(strictBody(NewWebhook)) wish: NewWebhook,
    @Query(noQuery()) _query: void,
    @Idempotent() repeat: IdempotentRequest | null,
  ): Promise<WebhookView> {
    return toWebhookView(await this.webhooks.create(principal, wish, repeat));
  }

  @Get(':id')
  @Answers('One webhook', 200, WebhookView, { problems: [404] })
  async get(@Param('id', integerOf('webhook')) id: number, @Query(noQuery()) _query: void): Promise<WebhookView> {
    return toWebhookView(await this.webhooks.get(id));
  }

  @Patch(':id')
  @Answers('Change a webhook; enabled again, it is told what it missed', 200, WebhookView, {
    problems: [404, 409, 412, 422, 428],
  })
  async change(
    @CurrentPrincipal() principal: Principal,
    @Param('id', integerOf('webhook')) id: number,
    @Body(strictBody(WebhookChange)) wish: WebhookChange,
    @Query(noQuery()) _query: void,
    @RequiredIfMatch() expected: ExpectedVersion,
  ): Promise<WebhookView> {
    return toWebhookView(await this.webhooks.change(principal, id, { ...wish }, expected));
  }

  @Delete(':id')
  @Answers('Delete a webhook, with what it has not been told', 204, null, { problems: [404, 412, 428] })
  async delete(
    @CurrentPrincipal() principal: Principal,
    @Param('id', integerOf('webhook')) id: number,
    @Body(noBody()) _body: void,
    @Query(noQuery()) _query: void,
    @RequiredIfMatch() expected: ExpectedVersion,
  ): Promise<void> {
    await this.webhooks.delete(principal, id, expected);
  }

  @Get(':id/deliveries')
  @Answers('What was delivered and what was given up (`status=dead`), the newest first', 200, DeliveryPage, {
    problems: [404],
  })
  async deliveries(
    @Param('id', integerOf('webhook')) id: number,
    @Query(strictQuery(DeliveriesQuery)) query: DeliveriesQuery,
  ): Promise<DeliveryPage> {
    await this.webhooks.get(id);
    return toPageView(await this.lists.deliveries(id, query.status, query), toDeliveryView);
  }

  @Get(':id/backlog')
  @Answers('The batches it has yet to be told of, and why not yet', 200, BacklogPage, { problems: [404] })
  async backlog(
    @Param('id', integerOf('webhook')) id: number,
    @Query(strictQuery(PageQuery)) query: PageQuery,
  ): Promise<BacklogPage> {
    await this.webhooks.get(id);
    return toPageView(await this.lists.backlog(id, query), toBacklogView);
  }

  @Post(':id/redeliver')
  @Answers('Try dead letters again, in the order of their events', 202, RedeliveryView, { problems: [404, 422] })
  redeliver(
    @CurrentPrincipal() principal: Principal,
    @Param('id', integerOf('webhook')) id: number,
    @Body(strictBody(RedeliveryRequest)) request: RedeliveryRequest,
    @Query(noQuery()) _query: void,
    @Idempotent() repeat: IdempotentRequest | null,
  ): Promise<RedeliveryView> {
    return this.redeliveries.redeliver(principal, id, request.delivery_ids ?? null, repeat);
  }
}
