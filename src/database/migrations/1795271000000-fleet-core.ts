import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Gates between waves, steering (pause, abort, approval, deadline), retries, and where a job's target is. */
export class FleetCore1795271000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table batches
        add column name text,
        add column dialect text not null default '',
        add column version integer not null default 1,
        add column paused_at timestamptz,
        add column paused_by text,
        add column paused_reason text,
        add column resumed_at timestamptz,
        add column aborted_by text,
        add column approval jsonb,
        add column approved_at timestamptz,
        add column deadline timestamptz,
        add column calendar jsonb,
        add column halted_by text,
        add column halted_wave integer,
        add column retry_of uuid,
        add column roll_back_of uuid;
      update batches set dialect = split_part(kind, '.', 1);
      create index batches_by_retry on batches (retry_of) where retry_of is not null;
      create index batches_by_roll_back on batches (roll_back_of) where roll_back_of is not null;

      alter table waves
        add column label text not null default '',
        add column jobs_total integer,
        add column gate jsonb,
        add column gate_verdict text,
        add column gate_reason text,
        add column gate_look_at timestamptz,
        add column gate_overridden_by text,
        add column jobs_ended_at timestamptz,
        add column tally jsonb;

      create table gate_checks (
        batch_id uuid not null,
        wave integer not null,
        name text not null,
        passed boolean not null,
        message text not null default '',
        reported_by text not null,
        at timestamptz not null default now(),
        constraint gate_checks_pkey primary key (batch_id, wave, name)
      );

      alter table jobs
        add column site text,
        add column tags text[] not null default '{}',
        add column unknown boolean not null default false,
        add column retried_from integer;
      create index jobs_cancelled on jobs (batch_id, wave, id) where status = 'cancelled';
      create index jobs_by_retry on jobs (retried_from) where retried_from is not null;
      create index jobs_unknown on jobs (batch_id, wave, id) where unknown;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table jobs drop column site, drop column tags, drop column unknown, drop column retried_from;
      drop table gate_checks;
      alter table waves drop column label, drop column jobs_total, drop column gate, drop column gate_verdict,
        drop column gate_reason, drop column gate_look_at, drop column gate_overridden_by, drop column jobs_ended_at,
        drop column tally;
      alter table batches drop column name, drop column dialect, drop column version, drop column paused_at,
        drop column paused_by, drop column paused_reason, drop column resumed_at, drop column aborted_by,
        drop column approval, drop column approved_at, drop column deadline, drop column calendar,
        drop column halted_by, drop column halted_wave, drop column retry_of, drop column roll_back_of;
    `);
  }
}
