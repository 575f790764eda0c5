import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The one row that tells whether SLIPWAY_SECRET_KEY is the key of the secrets stored here. */
@Entity('key_check')
export class KeyCheck {
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'key_check_pkey' })
  id: number;

  @Column({ type: 'text' })
  sealed: string;
}
