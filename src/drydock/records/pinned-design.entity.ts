import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A design as it was when it was used. Removed when nothing uses it any more. */
@Entity('drydock_designs')
export class PinnedDesign {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'drydock_designs_pkey' })
  digest: string;

  /** JSON, as text: the order of keys is what templates print. */
  @Column({ type: 'text' })
  body: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'now()' })
  createdAt: Date;
}
