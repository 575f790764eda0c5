import { Check, Column, Entity, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** `window`: work may start in it. `blackout`: nothing may, whatever windows are open. */
export type WindowKind = 'window' | 'blackout';

/** Which work it counts for: all of it, that of some sites or tags, or only batches that name it. */
export type WindowScope = 'all' | 'matching' | 'named';

/** A time in which work that cannot be taken back may start, or may not; recurring as people on the spot see the clock. */
@Entity('maintenance_windows')
@Unique('maintenance_windows_name_key', ['name'])
@Check('maintenance_windows_kind_check', `kind in ('window', 'blackout')`)
@Check('maintenance_windows_scope_check', `scope in ('all', 'matching', 'named')`)
@Check('maintenance_windows_duration_check', `duration_min > 0`)
@Index('maintenance_windows_everywhere', ['id'], { where: `enabled and scope <> 'named'` })
export class MaintenanceWindow {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'maintenance_windows_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', default: '' })
  description: string;

  @Column({ type: 'text' })
  kind: WindowKind;

  @Column({ type: 'text' })
  scope: WindowScope;

  @Column({ type: 'text', array: true, default: () => `'{}'` })
  sites: string[];

  @Column({ type: 'text', array: true, default: () => `'{}'` })
  tags: string[];

  /** An IANA name: `Europe/Berlin`. */
  @Column({ type: 'text' })
  zone: string;

  /** The first opening by the wall clock of the zone, `2026-11-21T02:00:00`: a time of day, not a moment. */
  @Column({ name: 'starts_local', type: 'text' })
  startsLocal: string;

  @Column({ name: 'duration_min', type: 'integer' })
  durationMin: number;

  /** RFC 5545 RRULE without its name; null: once. */
  @Column({ type: 'text', nullable: true })
  recurrence: string | null;

  @Column({ type: 'boolean', default: true })
  enabled: boolean;

  /** Raised by every change; the ETag. */
  @Column({ type: 'integer', default: 1 })
  version: number;

  @Column({ name: 'created_by_name', type: 'text' })
  createdByName: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
