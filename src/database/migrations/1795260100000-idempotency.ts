import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Answers kept for repeated requests with an Idempotency-Key. */
export class Idempotency1795260100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table idempotency_keys (
        owner text not null,
        key text not null,
        request_hash text not null,
        answer json not null,
        expires_at timestamptz not null,
        constraint idempotency_keys_pkey primary key (owner, key)
      );
      create index idempotency_keys_by_expiry on idempotency_keys (expires_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table idempotency_keys');
  }
}
