import { IsIn, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { BATCH_TRANSITIONS } from '../../../orchestration/states.js';
import { PageQuery } from '../../api/page.dto.js';
import { flagOf, TimeText, WordListText } from '../../../common/fields/text-fields.js';
import { readTargetName } from '../../targets/target-name.js';
import type { BatchFilter } from '../batch-reads.service.js';

export class BatchesQuery extends PageQuery {
  /** One or several, separated by commas. */
  @WordListText(Object.keys(BATCH_TRANSITIONS))
  status?: string[];

  @IsOptional()
  @IsString()
  @MaxLength(60)
  dialect?: string;

  @IsOptional()
  @IsString()
  @MaxLength(60)
  kind?: string;

  /** The user's name. */
  @IsOptional()
  @IsString()
  @MaxLength(255)
  creator?: string;

  /** `device:12` */
  @IsOptional()
  @IsString()
  @Matches(/^[a-z][\w.-]*:./s, { message: 'target must be a kind and an id, such as device:12' })
  target?: string;

  @TimeText()
  created_after?: Date;

  @TimeText()
  created_before?: Date;

  @IsOptional()
  @IsIn(['true', 'false'])
  paused?: 'true' | 'false';

  @IsOptional()
  @IsUUID()
  retry_of?: string;

  @IsOptional()
  @IsUUID()
  roll_back_of?: string;
}

export function toBatchFilter(query: BatchesQuery): BatchFilter {
  return {
    statuses: query.status,
    dialect: query.dialect,
    kind: query.kind,
    creator: query.creator,
    target: query.target === undefined ? undefined : readTargetName(query.target),
    createdAfter: query.created_after,
    createdBefore: query.created_before,
    paused: flagOf(query.paused),
    retryOf: query.retry_of,
    rollBackOf: query.roll_back_of,
  };
}
