import type { MigrationInterface } from 'typeorm';
import { Orchestration1795260000000 } from './1795260000000-orchestration.js';
import { Identity1795260100000 } from './1795260100000-identity.js';
import { Idempotency1795260100000 } from './1795260100000-idempotency.js';
import { Inventory1795260300000 } from './1795260300000-inventory.js';
import { Fuel1795260500000 } from './1795260500000-fuel.js';
import { Nodepool1795260600000 } from './1795260600000-nodepool.js';

/** In the order they run. A migration is never edited after it was merged. */
export const MIGRATIONS: (new () => MigrationInterface)[] = [
  Orchestration1795260000000,
  Idempotency1795260100000,
  Identity1795260100000,
  Inventory1795260300000,
  Fuel1795260500000,
  Nodepool1795260600000,
];
