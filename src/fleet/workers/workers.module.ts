import { Module } from '@nestjs/common';
import { WorkersController } from './api/workers.controller.js';
import { WorkerReads } from './worker-reads.service.js';

@Module({ controllers: [WorkersController], providers: [WorkerReads] })
export class FleetWorkersModule {}
