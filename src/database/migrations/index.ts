import type { MigrationInterface } from 'typeorm';
import { Orchestration1795260000000 } from './1795260000000-orchestration.js';
import { Inventory1795260300000 } from './1795260300000-inventory.js';

/** In the order they run. A migration is never edited after it was merged. */
export const MIGRATIONS: (new () => MigrationInterface)[] = [Orchestration1795260000000, Inventory1795260300000];
