import { Module } from '@nestjs/common';
import { LoginController, LogoutController, MeController } from './api/me.controller.js';
import { TokensController } from './api/tokens.controller.js';
import { UsersController } from './api/users.controller.js';
import { FleetIdentity } from './identity.service.js';

@Module({
  controllers: [LoginController, LogoutController, MeController, TokensController, UsersController],
  providers: [FleetIdentity],
})
export class FleetIdentityModule {}
