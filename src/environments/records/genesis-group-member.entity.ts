import { Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { GenesisGroup } from './genesis-group.entity.js';

/** A user, by name, in a group. */
@Entity('genesis_group_members')
@Index('genesis_group_members_by_username', ['username'])
export class GenesisGroupMember {
  @PrimaryColumn({ name: 'group_id', type: 'integer', primaryKeyConstraintName: 'genesis_group_members_pkey' })
  groupId: number;

  @ManyToOne(() => GenesisGroup, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'group_id', foreignKeyConstraintName: 'genesis_group_members_group_id_fkey' })
  group?: GenesisGroup;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'genesis_group_members_pkey' })
  username: string;
}
