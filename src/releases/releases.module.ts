import { Module } from '@nestjs/common';
import { FuelModule } from '../fuel/fuel.module.js';
import { ReleasesController } from './api/releases.controller.js';
import { ReleasesService } from './releases.service.js';

/** What clusters run and may be brought to. */
@Module({
  imports: [FuelModule],
  controllers: [ReleasesController],
  providers: [ReleasesService],
  exports: [ReleasesService],
})
export class ReleasesModule {}
