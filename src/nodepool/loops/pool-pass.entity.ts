import { Column, Entity, PrimaryColumn } from 'typeorm';

/** When a pass of the pool's loops began last, over all processes: `cleanup`, `check`, `image-update`. */
@Entity('pool_passes')
export class PoolPass {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pool_passes_pkey' })
  name: string;

  @Column({ name: 'began_at', type: 'timestamptz' })
  beganAt: Date;
}
