import { Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { User } from '../../auth/user.entity.js';
import { GenesisGroup } from './genesis-group.entity.js';

/** A user in a group. */
@Entity('genesis_group_members')
@Index('genesis_group_members_by_user', ['userId'])
export class GenesisGroupMember {
  @PrimaryColumn({ name: 'group_id', type: 'integer', primaryKeyConstraintName: 'genesis_group_members_pkey' })
  groupId: number;

  @ManyToOne(() => GenesisGroup, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'group_id', foreignKeyConstraintName: 'genesis_group_members_group_id_fkey' })
  group?: GenesisGroup;

  @PrimaryColumn({ name: 'user_id', type: 'integer', primaryKeyConstraintName: 'genesis_group_members_pkey' })
  userId: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'genesis_group_members_user_id_fkey' })
  user?: User;
}
