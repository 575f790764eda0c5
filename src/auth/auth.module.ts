import { Global, Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { AuditChainService } from './audit/audit-chain.service.js';
import { AuditSealerService } from './audit/audit-sealer.service.js';
import { AuditService } from './audit/audit.service.js';
import { AuthService } from './auth.service.js';
import { ExternalTokens } from './external-tokens.js';
import { FailureLimits } from './failure-limits.js';
import { FirstStartService } from './first-start.service.js';
import { KeyCheckService } from './key-check.service.js';
import { LoginService } from './login.service.js';
import { STRATEGIES } from './passport/strategies.js';
import { PasswordVerifier } from './password-verifier.js';
import { TokensService } from './tokens.service.js';
import { UsersService } from './users.service.js';

/** One identity store for every dialect: global, because every dialect's guard needs `AuthService`. */
@Global()
@Module({
  imports: [PassportModule],
  providers: [
    AuditChainService,
    AuditSealerService,
    AuditService,
    AuthService,
    ExternalTokens,
    FailureLimits,
    FirstStartService,
    KeyCheckService,
    LoginService,
    PasswordVerifier,
    TokensService,
    UsersService,
    ...STRATEGIES,
  ],
  exports: [
    AuditChainService,
    AuditSealerService,
    AuditService,
    AuthService,
    ExternalTokens,
    FailureLimits,
    LoginService,
    TokensService,
    UsersService,
  ],
})
export class AuthModule {}
