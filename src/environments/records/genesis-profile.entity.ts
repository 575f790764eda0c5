import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../../auth/user.entity.js';

/** What this dialect knows of a user besides the identity all dialects share. */
@Entity('genesis_profiles')
export class GenesisProfile {
  @PrimaryColumn({ name: 'user_id', type: 'integer', primaryKeyConstraintName: 'genesis_profiles_pkey' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'genesis_profiles_user_id_fkey' })
  user?: User;

  @Column({ name: 'first_name', type: 'text', default: '' })
  firstName: string;

  @Column({ name: 'last_name', type: 'text', default: '' })
  lastName: string;

  @Column({ name: 'job_title', type: 'text', nullable: true })
  jobTitle: string | null;
}
