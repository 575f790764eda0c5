import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the pool's engine keeps besides the pool: what failed lately, and when its passes began. */
export class NodepoolEngine1795260650000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table pool_backoffs (
        name text not null constraint pool_backoffs_pkey primary key,
        failures integer not null,
        retry_at timestamptz not null,
        last_error text not null,
        failed_at timestamptz not null default now()
      );

      create table pool_passes (
        name text not null constraint pool_passes_pkey primary key,
        began_at timestamptz not null
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table pool_passes, pool_backoffs;`);
  }
}
