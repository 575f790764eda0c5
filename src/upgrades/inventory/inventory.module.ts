import { Module } from '@nestjs/common';
import { AuditedRowsModule } from '../audited-rows.module.js';
import { UpgradeDialectModule } from '../drf/upgrade-dialect.module.js';
import { ImagesModule } from '../images/images.module.js';
import { RegionsController } from './api/regions.controller.js';
import { SitesController } from './api/sites.controller.js';
import { DeviceLookupService } from './device-lookup.service.js';
import { PlacesService } from './places.service.js';

@Module({
  imports: [UpgradeDialectModule, AuditedRowsModule, ImagesModule],
  controllers: [RegionsController, SitesController],
  providers: [DeviceLookupService, PlacesService],
  exports: [DeviceLookupService],
})
export class InventoryModule {}
