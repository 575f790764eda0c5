import { ArrayMaxSize, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { WholeNumberText, WordListText } from '../../../common/fields/text-fields.js';
import { type EventFilter, TYPE_PATTERN } from '../event-filter.js';

/** What a client of the stream may ask for. */
export class EventStreamQuery {
  /** Types, or families as `batch.*`; comma separated. */
  @WordListText()
  @ArrayMaxSize(50)
  @Matches(TYPE_PATTERN, { each: true, message: 'type must be like job.failed or batch.*' })
  type?: string[];

  @WordListText()
  dialect?: string[];

  @IsOptional()
  @IsUUID('all')
  batch_id?: string;

  @WholeNumberText(1, 2 ** 31 - 1)
  job_id?: number;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  target_kind?: string;

  @IsOptional()
  @IsString()
  @MaxLength(1024)
  target_id?: string;

  /** Begin after this event, 0 for the oldest that is kept. A `Last-Event-ID` goes before it. */
  @WholeNumberText(0, Number.MAX_SAFE_INTEGER)
  after?: number;
}

export function filterOf(query: EventStreamQuery): EventFilter {
  return {
    types: query.type,
    dialects: query.dialect,
    batchId: query.batch_id?.toLowerCase(),
    jobId: query.job_id,
    targetKind: query.target_kind,
    targetId: query.target_id,
  };
}
