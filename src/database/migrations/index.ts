import type { MigrationInterface } from 'typeorm';
import { Orchestration1795260000000 } from './1795260000000-orchestration.js';
import { Identity1795260100000 } from './1795260100000-identity.js';
import { Idempotency1795260100000 } from './1795260100000-idempotency.js';
import { Inventory1795260300000 } from './1795260300000-inventory.js';
import { Abort1795260400000 } from './1795260400000-abort.js';
import { Fuel1795260500000 } from './1795260500000-fuel.js';
import { Nodepool1795260600000 } from './1795260600000-nodepool.js';
import { NodepoolEngine1795260650000 } from './1795260650000-nodepool-engine.js';
import { KeyCheck1795260700000 } from './1795260700000-key-check.js';
import { NodepoolBuildSecrets1795260750000 } from './1795260750000-nodepool-build-secrets.js';
import { Environments1795260800000 } from './1795260800000-environments.js';
import { PoolLeases1795260820000 } from './1795260820000-pool-leases.js';
import { Drydock1795270000000 } from './1795270000000-drydock.js';
import { DrydockNodePlace1795271400000 } from './1795271400000-drydock-node-place.js';
import { FleetApi1795271200000 } from './1795271200000-fleet-api.js';
import { FleetCalendar1795271100000 } from './1795271100000-fleet-calendar.js';
import { FleetCore1795271000000 } from './1795271000000-fleet-core.js';
import { FleetEvents1795271300000 } from './1795271300000-fleet-events.js';
import { Retention1795271500000 } from './1795271500000-retention.js';

/** In the order they run. A migration is never edited after it was merged. */
export const MIGRATIONS: (new () => MigrationInterface)[] = [
  Orchestration1795260000000,
  Idempotency1795260100000,
  Identity1795260100000,
  Inventory1795260300000,
  Abort1795260400000,
  Fuel1795260500000,
  Nodepool1795260600000,
  NodepoolEngine1795260650000,
  KeyCheck1795260700000,
  NodepoolBuildSecrets1795260750000,
  Environments1795260800000,
  PoolLeases1795260820000,
  Drydock1795270000000,
  FleetCore1795271000000,
  FleetCalendar1795271100000,
  FleetApi1795271200000,
  FleetEvents1795271300000,
  DrydockNodePlace1795271400000,
  Retention1795271500000,
];
