import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsEmail,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateIf,
} from 'class-validator';
import { type Role, ROLES } from '../../../auth/principal.js';
import { IfGiven } from '../../../common/fields/if-given.js';
import { TimeText, WholeNumberText } from '../../../common/fields/text-fields.js';
import { PageQuery } from '../../api/page.dto.js';

export class UsersQuery extends PageQuery {
  @IsOptional()
  @IsIn(ROLES)
  role?: Role;

  @IsOptional()
  @IsIn(['true', 'false'])
  active?: 'true' | 'false';
}

export class NewUser {
  @IsString()
  @IsNotEmpty()
  @MaxLength(150)
  username: string;

  @IsString()
  @MinLength(8)
  @MaxLength(1024)
  password: string;

  @IsIn(ROLES)
  role: Role;

  @IfGiven()
  @IsEmail()
  @MaxLength(254)
  email?: string;
}

/** What is not given stays as it is. */
export class UserChangeBody {
  @IfGiven()
  @IsString()
  @MinLength(8)
  @MaxLength(1024)
  password?: string;

  @IfGiven()
  @IsIn(ROLES)
  role?: Role;

  @ValidateIf((_body, value) => value !== undefined && value !== '')
  @IsEmail()
  @MaxLength(254)
  email?: string;

  @IfGiven()
  @IsBoolean()
  active?: boolean;
}

export class TokensQuery extends PageQuery {
  /** The owner's id. */
  @WholeNumberText(1, 2_147_483_647)
  user?: number;

  @IsOptional()
  @IsIn(['api', 'login', 'plan'])
  kind?: 'api' | 'login' | 'plan';
}

export class NewToken {
  /** The owner's id; left out, it is who asks. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(2_147_483_647)
  user?: number;

  @IsOptional()
  @IsString()
  @MaxLength(200)
  description?: string;

  /** `false`: it may only read. */
  @IsOptional()
  @IsBoolean()
  write_enabled?: boolean;

  @TimeText()
  expires_at?: Date;

  /** Addresses and networks (CIDR) it may be used from; none: from everywhere. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MaxLength(60, { each: true })
  allowed_ips?: string[];
}

export class LoginBody {
  @IsString()
  @MaxLength(1024)
  username: string;

  @IsString()
  @MaxLength(1024)
  password: string;
}
