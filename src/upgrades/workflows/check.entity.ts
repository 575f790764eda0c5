import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

export const CHECK_TYPES = ['pre', 'post', 'both'] as const;
export type CheckType = (typeof CHECK_TYPES)[number];
export const CHECK_CATEGORIES = ['script', 'genie', 'command'] as const;
export type CheckCategory = (typeof CHECK_CATEGORIES)[number];

/** A command whose output is compared before and after an upgrade. */
@Entity('checks')
@Unique('checks_name_key', ['name'])
export class Check {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'checks_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', default: '' })
  description: string;

  @Column({ name: 'check_type', type: 'text' })
  checkType: CheckType;

  @Column({ type: 'text' })
  category: CheckCategory;

  @Column({ type: 'text' })
  command: string;

  /** The driver it is for; null: any. */
  @Column({ type: 'text', nullable: true })
  platform: string | null;

  @Column({ name: 'is_default', type: 'boolean', default: false })
  isDefault: boolean;
}
