import { IsOptional, IsString, MaxLength } from 'class-validator';
import { TimeText, WholeNumberText } from '../../../common/fields/text-fields.js';
import { PageQuery } from '../../api/page.dto.js';

export class AuditQuery extends PageQuery {
  /** The user's name. */
  @IsOptional()
  @IsString()
  @MaxLength(255)
  user?: string;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  action?: string;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  object_type?: string;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  object_id?: string;

  @IsOptional()
  @IsString()
  @MaxLength(60)
  source?: string;

  @TimeText()
  after?: Date;

  @TimeText()
  before?: Date;
}

export class AuditExportQuery {
  /** The last `seq` of the export before: only what came after it. */
  @WholeNumberText(0, 999_999_999_999_999)
  after_seq: number = 0;
}
