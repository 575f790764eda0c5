import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Nodes of the pool that Slipway itself lends, and to whom. */
export class PoolLeases1795260820000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table pool_leases (
        node_id integer not null constraint pool_leases_pkey primary key
          constraint pool_leases_node_id_fkey references pool_nodes (id) on delete cascade,
        holder text not null,
        key text not null,
        leased_at timestamptz not null default now()
      );
      create index pool_leases_by_holder on pool_leases (holder, key);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table pool_leases;`);
  }
}
