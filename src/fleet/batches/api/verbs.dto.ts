import { IsBoolean, IsIn, IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';

export class PauseBody {
  /** For those who wonder. */
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  reason?: string;
}

export class ResumeBody {
  /** Go on although a gate says no. It is recorded who did. */
  @IsOptional()
  @IsBoolean()
  override_gate?: boolean;
}

export class RetryBody {
  /** `unfinished`: those that were cancelled as well. */
  @IsOptional()
  @IsIn(['failed', 'unfinished'])
  targets?: 'failed' | 'unfinished';
}

export class ReportedCheck {
  /** One of the names that the wave's gate asks for. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(100)
  name: string;

  @IsBoolean()
  passed: boolean;

  @IsOptional()
  @IsString()
  @MaxLength(1000)
  message?: string;
}
