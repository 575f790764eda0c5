import { Module } from '@nestjs/common';
import { LocationsModule } from '../locations/locations.module.js';
import { WireModule } from '../wire/wire.module.js';
import { DesignsController } from './api/designs.controller.js';
import { DesignsService } from './designs.service.js';
import { PinnedDesigns } from './pinned-designs.service.js';

@Module({
  imports: [LocationsModule, WireModule],
  controllers: [DesignsController],
  providers: [DesignsService, PinnedDesigns],
  exports: [DesignsService, LocationsModule],
})
export class DesignsModule {}
