import type { MigrationInterface } from 'typeorm';

/** In the order they run. A migration is never edited after it was merged. */
export const MIGRATIONS: (new () => MigrationInterface)[] = [];
