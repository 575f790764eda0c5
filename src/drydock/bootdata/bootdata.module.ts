import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module.js';
import { DesignsModule } from '../designs/designs.module.js';
import { BootReportsModule } from '../engine/boot-reports.module.js';
import { LocationsModule } from '../locations/locations.module.js';
import { BootActionsController } from './api/boot-actions.controller.js';
import { BootDataController } from './api/boot-data.controller.js';
import { BootAddresses } from './boot-addresses.service.js';
import { BootDataService } from './boot-data.service.js';
import { BootActionReports } from './status/boot-action-reports.service.js';

/** What booting nodes fetch and report, with the keys of their deployments. */
@Module({
  imports: [AuthModule, DesignsModule, LocationsModule, BootReportsModule],
  controllers: [BootDataController, BootActionsController],
  providers: [BootAddresses, BootDataService, BootActionReports],
  exports: [BootAddresses],
})
export class BootDataModule {}
