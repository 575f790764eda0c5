import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { RootController } from './api/root.controller.js';
import { SignController } from './api/sign.controller.js';

/** Who comes in, and the users, groups, roles and settings of the OpenGenesis dialect. */
@Module({
  imports: [AccessModule],
  controllers: [RootController, SignController],
})
export class GenesisIdentityModule {}
