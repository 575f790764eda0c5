import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A template version an environment was made from: its content may not change any more. */
@Entity('genesis_used_templates')
export class UsedTemplate {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'genesis_used_templates_pkey' })
  name: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'genesis_used_templates_pkey' })
  version: string;

  /** SHA-256 of what it says: comments in its file may change. */
  @Column({ type: 'text' })
  checksum: string;

  @Column({ type: 'text' })
  content: string;

  @Column({ type: 'jsonb' })
  template: Record<string, unknown>;

  @Column({ name: 'used_at', type: 'timestamptz', default: () => 'now()' })
  usedAt: Date;
}
