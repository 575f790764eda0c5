import { Module } from '@nestjs/common';
import { NodepoolConfigStore } from './config/nodepool-config.store.js';
import { IdleNodepoolWork } from './idle-nodepool-work.js';
import { NodepoolWork } from './nodepool-work.js';

/** CI nodes, the images they start from, and the disk images those are made of. */
@Module({
  providers: [NodepoolConfigStore, { provide: NodepoolWork, useClass: IdleNodepoolWork }],
})
export class NodepoolModule {}
