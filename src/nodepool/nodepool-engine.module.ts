import { Module, type OnModuleInit } from '@nestjs/common';
import { PoolDriversModule } from '../drivers/pool/pool-drivers.module.js';
import { ServerLeasesModule } from '../drivers/pool/server-leases.module.js';
import { OrchestrationModule } from '../orchestration/orchestration.module.js';
import { NodepoolConfigStore } from './config/nodepool-config.store.js';
import { DibJobKind } from './dibs/dib-jobs.kind.js';
import { DibRecords } from './dibs/dib-records.service.js';
import { DibWishes } from './dibs/dib-wishes.service.js';
import { SqlFakeCloudStore } from './fake-cloud.store.js';
import { ImageJobKind } from './images/image-jobs.kind.js';
import { ImageRecords } from './images/image-records.service.js';
import { ImageWishes } from './images/image-wishes.service.js';
import { NodeLeases } from './leases/node-leases.service.js';
import { AlienSearch } from './loops/alien-search.service.js';
import { ImageKeeper } from './loops/image-keeper.service.js';
import { Launcher } from './loops/launcher.service.js';
import { LeakSweep } from './loops/leak-sweep.service.js';
import { MissingFiles } from './loops/missing-files.service.js';
import { NodeCheck } from './loops/node-check.service.js';
import { PoolClock } from './loops/pool-clock.service.js';
import { PoolPasses } from './loops/pool-passes.service.js';
import { PoolReport } from './loops/pool-report.service.js';
import { Reaper } from './loops/reaper.service.js';
import { StartRecovery } from './loops/start-recovery.service.js';
import { NodeJobKind } from './nodes/node-jobs.kind.js';
import { NodeRecords } from './nodes/node-records.service.js';
import { NodeWishes } from './nodes/node-wishes.service.js';
import { NodepoolWork } from './nodepool-work.js';
import { Backoffs } from './providers/backoffs.service.js';
import { ProviderTurns } from './providers/provider-turns.service.js';
import { ProvidersService } from './providers/providers.service.js';
import { PoolAudit } from './jobs/pool-audit.service.js';
import { PoolJobs } from './jobs/pool-jobs.service.js';
import { PoolWishes } from './jobs/pool-wishes.service.js';
import { DiskImageTargets } from './targets/disk-image-targets.js';
import { PoolNodeTargets } from './targets/pool-node-targets.js';

/** What makes the pool true: jobs that launch, build, upload and delete, and the loops that ask for them. */
@Module({
  imports: [OrchestrationModule, PoolDriversModule.with(SqlFakeCloudStore), ServerLeasesModule],
  providers: [
    ...[NodeJobKind, ImageJobKind, DibJobKind],
    ...[NodepoolConfigStore, ProvidersService, ProviderTurns, Backoffs, PoolJobs, PoolAudit],
    ...[NodeLeases, NodeRecords, NodeWishes, ImageRecords, ImageWishes, DibRecords, DibWishes],
    ...[AlienSearch, ImageKeeper, Launcher, LeakSweep, MissingFiles, NodeCheck, Reaper],
    ...[DiskImageTargets, PoolNodeTargets],
    ...[PoolPasses, PoolClock, PoolReport, StartRecovery],
    { provide: NodepoolWork, useClass: PoolWishes },
  ],
  exports: [NodepoolConfigStore, NodepoolWork],
})
export class NodepoolEngineModule implements OnModuleInit {
  constructor(private readonly recovery: StartRecovery) {}

  /** A module comes after all it provides, so the job kinds are registered; and before any module's bootstrap. */
  onModuleInit(): Promise<void> {
    return this.recovery.run();
  }
}
