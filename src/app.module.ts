import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { AuthModule } from './auth/auth.module.js';
import { ClustersModule } from './clusters/clusters.module.js';
import type { Config } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { DatabaseModule } from './database/database.module.js';
import { DrydockModule } from './drydock/drydock.module.js';
import { EnvironmentsModule } from './environments/environments.module.js';
import { FleetModule } from './fleet/fleet.module.js';
import { FuelModule } from './fuel/fuel.module.js';
import { HttpModule } from './http/http.module.js';
import { KeystoneModule } from './keystone/keystone.module.js';
import { NodesModule } from './nodes/nodes.module.js';
import { NodepoolModule } from './nodepool/nodepool.module.js';
import { OrchestrationModule } from './orchestration/orchestration.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { ReleasesModule } from './releases/releases.module.js';
import { SchedulerModule } from './scheduler/scheduler.module.js';
import { IdentityModule } from './upgrades/identity/identity.module.js';
import { ImagesModule } from './upgrades/images/images.module.js';
import { InventoryModule } from './upgrades/inventory/inventory.module.js';
import { RolloutModule } from './upgrades/rollout/rollout.module.js';
import { RootsModule } from './upgrades/roots/roots.module.js';
import { WorkflowsModule } from './upgrades/workflows/workflows.module.js';

type Imports = NonNullable<ModuleMetadata['imports']>;

/** Every feature module, from the lower floors to the upper. A worker has them all too; it only answers no dialect. */
const FEATURES: Imports = [
  OperationsModule,
  AuthModule,
  KeystoneModule,
  OrchestrationModule,
  SchedulerModule,
  FuelModule,
  ReleasesModule,
  NodesModule,
  ClustersModule,
  IdentityModule,
  ImagesModule,
  InventoryModule,
  RootsModule,
  WorkflowsModule,
  RolloutModule,
  NodepoolModule,
  EnvironmentsModule,
  DrydockModule,
  FleetModule,
];

/** The whole application. `config.values.databaseUrl` names a migrated database (`openDatabase` sees to it). */
@Module({})
export class AppModule {
  static for(config: Config, extra: Imports = []): DynamicModule {
    return {
      module: AppModule,
      imports: [ConfigModule.for(config), DatabaseModule, HttpModule, ...FEATURES, ...extra],
    };
  }
}
