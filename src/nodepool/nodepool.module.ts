import { Module } from '@nestjs/common';
import { NodepoolEngineModule } from './nodepool-engine.module.js';

/** CI nodes, the images they start from, and the disk images those are made of. */
@Module({
  imports: [NodepoolEngineModule],
  exports: [NodepoolEngineModule],
})
export class NodepoolModule {}
