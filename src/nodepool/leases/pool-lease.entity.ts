import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { PoolNode } from '../pool-node.entity.js';

/** Whose a used node is, where Slipway itself has lent it. It goes with the node's row. */
@Entity('pool_leases')
@Index('pool_leases_by_holder', ['holder', 'key'])
export class PoolLease {
  @PrimaryColumn({ name: 'node_id', type: 'integer', primaryKeyConstraintName: 'pool_leases_pkey' })
  nodeId: number;

  @ManyToOne(() => PoolNode, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'node_id', foreignKeyConstraintName: 'pool_leases_node_id_fkey' })
  node?: PoolNode;

  @Column({ type: 'text' })
  holder: string;

  /** The holder's name of the wish that this answers. */
  @Column({ type: 'text' })
  key: string;

  @Column({ name: 'leased_at', type: 'timestamptz', default: () => 'now()' })
  leasedAt: Date;
}
