import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';

export class ApproveBatch {
  /** What you saw: `digest` of the batch's approvals. One that it is not any more is refused. */
  @IsOptional()
  @Matches(/^[0-9a-f]{64}$/, { message: 'digest must be the digest of the batch: 64 hexadecimal digits' })
  digest?: string;

  @IsOptional()
  @IsString()
  @MaxLength(1000)
  comment?: string;
}
