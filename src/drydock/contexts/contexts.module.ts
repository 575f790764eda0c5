import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { BootDataModule } from '../bootdata/bootdata.module.js';
import { BootReportsModule } from '../engine/boot-reports.module.js';
import { WireModule } from '../wire/wire.module.js';
import { BootKeysController } from './api/boot-keys.controller.js';
import { BootContexts } from './boot-contexts.service.js';

/** Boot contexts and their keys. */
@Module({
  imports: [AuthModule, BootDataModule, BootReportsModule, WireModule],
  controllers: [BootKeysController],
  providers: [BootContexts],
  exports: [BootContexts],
})
export class ContextsModule {}
