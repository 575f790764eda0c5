import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * What failed lately and when it may be tried again: `provider:NAME`, `launch:PROVIDER`, `host:PROVIDER/HOST`,
 * `image:PROVIDER/IMAGE`, `dib:NAME`. A row goes with the next success.
 */
@Entity('pool_backoffs')
export class PoolBackoff {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pool_backoffs_pkey' })
  name: string;

  @Column({ type: 'integer' })
  failures: number;

  @Column({ name: 'retry_at', type: 'timestamptz' })
  retryAt: Date;

  @Column({ name: 'last_error', type: 'text' })
  lastError: string;

  @Column({ name: 'failed_at', type: 'timestamptz', default: () => 'now()' })
  failedAt: Date;
}
