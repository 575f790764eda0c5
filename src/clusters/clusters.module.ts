import { Module } from '@nestjs/common';
import { DriversModule } from '../drivers/drivers.module.js';
import { FuelModule } from '../fuel/fuel.module.js';
import { NodesModule } from '../nodes/nodes.module.js';
import { OrchestrationModule } from '../orchestration/orchestration.module.js';
import { ReleasesModule } from '../releases/releases.module.js';
import { ClustersController } from './api/clusters.controller.js';
import { DeploymentsController } from './api/deployments.controller.js';
import { TasksController, TransactionsController } from './api/tasks.controller.js';
import { AssignmentService } from './assignment.service.js';
import { ClustersService } from './clusters.service.js';
import { FuelJobKind } from './deployment/fuel-jobs.kind.js';
import { ChangesService } from './starts/changes.service.js';
import { DeploymentsService } from './starts/deployments.service.js';
import { TeardownService } from './starts/teardown.service.js';
import { ClusterTargets } from './starts/cluster-targets.js';
import { NodeTargets } from './starts/node-targets.js';
import { TaskConsequences } from './task-consequences.js';
import { ClusterTasksService } from './tasks/cluster-tasks.service.js';
import { RunningProgress } from './tasks/running-progress.js';
import { TaskEndings } from './tasks/task-endings.js';
import { TasksService } from './tasks/tasks.service.js';

/** Fuel's environments: what they are made of, and the tasks that bring releases onto their nodes. */
@Module({
  imports: [DriversModule, FuelModule, NodesModule, OrchestrationModule, ReleasesModule],
  controllers: [ClustersController, DeploymentsController, TasksController, TransactionsController],
  providers: [
    AssignmentService,
    ChangesService,
    ClustersService,
    ClusterTargets,
    ClusterTasksService,
    DeploymentsService,
    FuelJobKind,
    NodeTargets,
    RunningProgress,
    TaskConsequences,
    TaskEndings,
    TasksService,
    TeardownService,
  ],
})
export class ClustersModule {}
