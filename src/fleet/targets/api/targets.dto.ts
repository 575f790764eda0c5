import { IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '../../api/page.dto.js';

export class TargetsQuery extends PageQuery {
  @IsOptional()
  @IsString()
  @MaxLength(255)
  site?: string;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  tag?: string;

  @IsOptional()
  @IsString()
  @MaxLength(255)
  state?: string;

  /** Part of the name. */
  @IsOptional()
  @IsString()
  @MaxLength(255)
  text?: string;
}
