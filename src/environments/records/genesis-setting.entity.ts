import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A setting that administrators change while Slipway runs; one without a row has its default. */
@Entity('genesis_settings')
export class GenesisSetting {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'genesis_settings_pkey' })
  name: string;

  @Column({ type: 'text' })
  value: string;
}
