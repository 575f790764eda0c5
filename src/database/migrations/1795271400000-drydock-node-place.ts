import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where a node stands and what its design calls it, so that a fleet can be worked through rack by rack. */
export class DrydockNodePlace1795271400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table drydock_nodes add column rack text, add column tags jsonb not null default '[]'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table drydock_nodes drop column tags, drop column rack');
  }
}
