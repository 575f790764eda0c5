import { Module } from '@nestjs/common';
import { AuditedRowsModule } from '../audited-rows.module.js';
import { UpgradeDialectModule } from '../drf/upgrade-dialect.module.js';
import { ImagesModule } from '../images/images.module.js';
import { CredentialsController } from './api/credentials.controller.js';
import { DeviceImportController } from './api/device-import.controller.js';
import { DeviceModelsController } from './api/device-models.controller.js';
import { DevicesController } from './api/devices.controller.js';
import { GlobalCredentialsController } from './api/global-credentials.controller.js';
import { RegionsController } from './api/regions.controller.js';
import { SitesController } from './api/sites.controller.js';
import { CredentialsService } from './credentials.service.js';
import { DeviceDetailsService } from './device-details.service.js';
import { DeviceLoadingService } from './device-loading.service.js';
import { DeviceLookupService } from './device-lookup.service.js';
import { DeviceModelsService } from './device-models.service.js';
import { DevicesService } from './devices.service.js';
import { PlacesService } from './places.service.js';

@Module({
  imports: [UpgradeDialectModule, AuditedRowsModule, ImagesModule],
  controllers: [
    DeviceImportController,
    DevicesController,
    DeviceModelsController,
    SitesController,
    RegionsController,
    CredentialsController,
    GlobalCredentialsController,
  ],
  providers: [
    CredentialsService,
    DeviceDetailsService,
    DeviceLoadingService,
    DeviceLookupService,
    DeviceModelsService,
    DevicesService,
    PlacesService,
  ],
  exports: [DeviceLookupService],
})
export class InventoryModule {}
