import { Module } from '@nestjs/common';
import { UpgradeDialectModule } from '../drf/upgrade-dialect.module.js';
import { ActivityLogsController } from './api/activity-logs.controller.js';
import { GroupsController } from './api/groups.controller.js';
import { LoginController, SessionController } from './api/login.controller.js';
import { TokensController } from './api/tokens.controller.js';
import { UsersController } from './api/users.controller.js';
import { IdentityLists } from './identity-lists.service.js';

/** Log-in, users, tokens and the audit trail in the Upgrade dialect; the work is done by `auth/`. */
@Module({
  imports: [UpgradeDialectModule],
  controllers: [
    ActivityLogsController,
    GroupsController,
    LoginController,
    SessionController,
    TokensController,
    UsersController,
  ],
  providers: [IdentityLists],
})
export class IdentityModule {}
