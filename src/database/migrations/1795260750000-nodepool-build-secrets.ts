import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What to blank in a build's log, encrypted: the config may have forgotten it. */
export class NodepoolBuildSecrets1795260750000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table dib_builds add column secrets text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table dib_builds drop column secrets');
  }
}
