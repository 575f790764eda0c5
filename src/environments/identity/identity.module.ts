import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { GroupsController } from './api/groups.controller.js';
import { RolesController } from './api/roles.controller.js';
import { RootController } from './api/root.controller.js';
import { SettingsController } from './api/settings.controller.js';
import { SignController } from './api/sign.controller.js';
import { UsersController } from './api/users.controller.js';
import { GenesisUsersService } from './genesis-users.service.js';
import { GroupsService } from './groups.service.js';
import { SystemRolesService } from './system-roles.service.js';

/** Who comes in, and the users, groups, roles and settings of the OpenGenesis dialect. */
@Module({
  imports: [AccessModule],
  controllers: [RootController, SignController, SettingsController, UsersController, GroupsController, RolesController],
  providers: [GenesisUsersService, GroupsService, SystemRolesService],
})
export class GenesisIdentityModule {}
