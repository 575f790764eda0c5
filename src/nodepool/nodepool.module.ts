import { Module } from '@nestjs/common';
import { DialectErrors } from '../http/dialect-errors.js';
import { AliensController } from './api/aliens.controller.js';
import { ApiIdentity } from './api/api-identity.js';
import { BuildLogController } from './api/build-log.controller.js';
import { ConfigController } from './api/config.controller.js';
import { DibImagesController } from './api/dib-images.controller.js';
import { HeldRequests } from './api/held-requests.js';
import { ImagesController } from './api/images.controller.js';
import { NODEPOOL_ERRORS } from './api/nodepool-errors.js';
import { NodesController } from './api/nodes.controller.js';
import { NodepoolEngineModule } from './nodepool-engine.module.js';
import { DibImagesService } from './requests/dib-images.service.js';
import { PoolNodesService } from './requests/pool-nodes.service.js';
import { ProviderImagesService } from './requests/provider-images.service.js';

/** CI nodes, the images they start from, and the disk images those are made of: the dialect, on the engine. */
@Module({
  imports: [NodepoolEngineModule],
  controllers: [
    AliensController,
    BuildLogController,
    ConfigController,
    DibImagesController,
    ImagesController,
    NodesController,
  ],
  providers: [ApiIdentity, DibImagesService, HeldRequests, PoolNodesService, ProviderImagesService],
  exports: [NodepoolEngineModule],
})
export class NodepoolModule {
  constructor(errors: DialectErrors) {
    errors.register(NODEPOOL_ERRORS);
  }
}
