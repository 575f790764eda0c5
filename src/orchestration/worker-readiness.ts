import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Config } from '../config/config.js';
import { ReadinessChecks } from '../operations/readiness-checks.js';
import { WorkerService } from './worker.service.js';

/** A process that is to be a worker is ready only while it takes work. */
@Injectable()
export class WorkerReadiness implements OnModuleInit {
  constructor(
    private readonly config: Config,
    private readonly checks: ReadinessChecks,
    private readonly worker: WorkerService,
  ) {}

  onModuleInit(): void {
    if (!this.config.isWorker) return;
    this.checks.register('worker', async () => {
      if (!this.worker.isRunning()) throw new Error('this process takes no work');
    });
  }
}
