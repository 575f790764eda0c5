import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';
import type { PlanParameter } from './plan-parameters.js';

/** A batch request under a name, to be started again and again: by people, schedules, hooks and plan tokens. */
@Entity('plans')
@Unique('plans_name_key', ['name'])
export class Plan {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'plans_pkey',
  })
  id: number;

  /** What its URL and a token's scope say; never changed. */
  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', default: '' })
  description: string;

  /** As `POST /fleet/v1/batches` takes it. */
  @Column({ type: 'jsonb' })
  request: Record<string, unknown>;

  /** What whoever starts it may say, and where in the request it goes. */
  @Column({ type: 'jsonb', default: () => `'[]'` })
  parameters: PlanParameter[];

  @Column({ type: 'boolean', default: true })
  enabled: boolean;

  /** Raised by every change; the ETag. */
  @Column({ type: 'integer', default: 1 })
  version: number;

  @Column({ name: 'created_by', type: 'integer', nullable: true })
  createdBy: number | null;

  @Column({ name: 'created_by_name', type: 'text' })
  createdByName: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz', default: () => 'now()' })
  updatedAt: Date;
}
