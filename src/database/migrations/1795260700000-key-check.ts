import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One row: a text everybody knows, encrypted with the key that everything else here is encrypted with. */
export class KeyCheck1795260700000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table key_check (
        id integer not null,
        sealed text not null,
        constraint key_check_pkey primary key (id)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table key_check');
  }
}
