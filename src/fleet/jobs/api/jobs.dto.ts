import { IsIn, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { JOB_TRANSITIONS } from '../../../orchestration/states.js';
import { PageQuery } from '../../api/page.dto.js';
import { flagOf, TimeText, WholeNumberText, WordListText } from '../../../common/fields/text-fields.js';
import { readTargetName } from '../../targets/target-name.js';
import type { JobFilter } from '../job-reads.service.js';

/** What one batch's jobs may be asked for. */
export class BatchJobsQuery extends PageQuery {
  /** One or several, separated by commas. */
  @WordListText(Object.keys(JOB_TRANSITIONS))
  status?: string[];

  @WholeNumberText(0, 1_000_000)
  wave?: number;

  /** `device:12` */
  @IsOptional()
  @IsString()
  @Matches(/^[a-z][\w.-]*:./s, { message: 'target must be a kind and an id, such as device:12' })
  target?: string;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  site?: string;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  tag?: string;

  /** Only those of which nobody knows what became of them. */
  @IsOptional()
  @IsIn(['true', 'false'])
  unknown?: 'true' | 'false';
}

export class JobsQuery extends BatchJobsQuery {
  @IsOptional()
  @IsString()
  @MaxLength(60)
  dialect?: string;

  @IsOptional()
  @IsUUID()
  batch?: string;

  @IsOptional()
  @IsUUID()
  worker?: string;

  /** The name of the user who made the batch. */
  @IsOptional()
  @IsString()
  @MaxLength(255)
  creator?: string;

  @TimeText()
  created_after?: Date;

  @TimeText()
  created_before?: Date;
}

export class LogsQuery extends PageQuery {
  /** Lines of this step only. */
  @WholeNumberText(0, 1_000)
  step?: number;

  /** Wait so long for the next line of a job that goes on. */
  @WholeNumberText(0, 30)
  wait_s: number = 0;
}

export function toBatchJobFilter(query: BatchJobsQuery): JobFilter {
  return {
    statuses: query.status,
    wave: query.wave,
    target: query.target === undefined ? undefined : readTargetName(query.target),
    site: query.site,
    tag: query.tag,
    unknown: flagOf(query.unknown),
  };
}

export function toJobFilter(query: JobsQuery): JobFilter {
  return {
    ...toBatchJobFilter(query),
    dialect: query.dialect,
    batchId: query.batch,
    workerId: query.worker,
    creator: query.creator,
    createdAfter: query.created_after,
    createdBefore: query.created_before,
  };
}
