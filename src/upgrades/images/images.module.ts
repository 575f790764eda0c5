import { Module } from '@nestjs/common';
import { AuditedRowsModule } from '../audited-rows.module.js';
import { UpgradeDialectModule } from '../drf/upgrade-dialect.module.js';
import { FileServersController } from './api/file-servers.controller.js';
import { GoldenImagesController } from './api/golden-images.controller.js';
import { ImageFilesController } from './api/image-files.controller.js';
import { ImagesController } from './api/images.controller.js';
import { FileServersService } from './file-servers.service.js';
import { GoldenImagesService } from './golden-images.service.js';
import { GoldenLookupService } from './golden-lookup.service.js';
import { ImageLibraryService } from './image-library.service.js';
import { ImageStore } from './image-store.js';
import { ImagesService } from './images.service.js';
import { PullAddress } from './pull-address.js';

@Module({
  imports: [UpgradeDialectModule, AuditedRowsModule],
  controllers: [ImagesController, ImageFilesController, FileServersController, GoldenImagesController],
  providers: [
    FileServersService,
    GoldenImagesService,
    GoldenLookupService,
    ImageLibraryService,
    ImageStore,
    ImagesService,
    PullAddress,
  ],
  exports: [GoldenLookupService, ImagesService],
})
export class ImagesModule {}
