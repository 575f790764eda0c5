import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  Validate,
  ValidatorConstraint,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { IfGiven } from '../../../common/fields/if-given.js';
import { PageQuery } from '../../api/page.dto.js';
import { TYPE_PATTERN } from '../../events/event-filter.js';
import { keyOfSecret } from '../../signing/standard-webhooks.js';
import type { DeliveryStatus } from '../webhook-delivery.entity.js';

@ValidatorConstraint({ name: 'webhookUrl' })
class WebhookUrl implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : null;
    return (
      url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.hash === ''
    );
  }
  defaultMessage(): string {
    return 'url must be an http:// or https:// address without a login or a fragment';
  }
}

@ValidatorConstraint({ name: 'webhookSecret' })
class WebhookSecret implements ValidatorConstraintInterface {
  validate(value: unknown): boolean {
    return typeof value === 'string' && keyOfSecret(value) !== null;
  }
  defaultMessage(): string {
    return 'secret must be whsec_ and 24 to 64 bytes in base64';
  }
}

const NAME = /^[^\p{Cc}]+$/u;

export class WebhookChange {
  @IfGiven()
  @IsString()
  @Length(1, 100)
  @Matches(NAME)
  name?: string;

  @IfGiven()
  @IsString()
  @MaxLength(2048)
  @Validate(WebhookUrl)
  url?: string;

  /** Only ever taken, never shown: `whsec_` and 24 to 64 bytes in base64. After a change both sign for a day. */
  @IfGiven()
  @Validate(WebhookSecret)
  secret?: string;

  /** Types or families of events, as `job.failed` or `batch.*`; empty: all. */
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(50)
  @Matches(TYPE_PATTERN, { each: true, message: 'types must be like job.failed or batch.*' })
  types?: string[];

  /** Empty: of all dialects. */
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  @Length(1, 50, { each: true })
  dialects?: string[];

  @IfGiven()
  @IsBoolean()
  enabled?: boolean;
}

export class NewWebhook {
  @IsString()
  @Length(1, 100)
  @Matches(NAME)
  name: string;

  @IsString()
  @MaxLength(2048)
  @Validate(WebhookUrl)
  url: string;

  /** Only ever taken, never shown: `whsec_` and 24 to 64 bytes in base64. */
  @Validate(WebhookSecret)
  secret: string;

  /** Types or families of events, as `job.failed` or `batch.*`; empty: all. */
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(50)
  @Matches(TYPE_PATTERN, { each: true, message: 'types must be like job.failed or batch.*' })
  types: string[] = [];

  /** Empty: of all dialects. */
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  @Length(1, 50, { each: true })
  dialects: string[] = [];

  @IfGiven()
  @IsBoolean()
  enabled: boolean = true;
}

const STATUSES: readonly DeliveryStatus[] = ['delivered', 'dead', 'redelivering'];

export class DeliveriesQuery extends PageQuery {
  @IsOptional()
  @IsIn(STATUSES)
  status?: DeliveryStatus;
}

export class RedeliveryRequest {
  /** Which dead letters; without it all of the webhook's. */
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(1000)
  @Matches(/^[1-9]\d{0,17}$/, { each: true, message: 'delivery_ids must be ids of deliveries' })
  delivery_ids?: string[];
}
