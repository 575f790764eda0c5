import { Column, Entity, Index, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** A login several devices share. Everything secret in it is encrypted. One row may be the global one. */
@Entity('credentials')
@Unique('credentials_name_key', ['name'])
@Index('credentials_one_global', ['isGlobal'], { unique: true, where: 'is_global' })
export class Credential {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'credentials_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  name: string;

  @Column({ name: 'is_global', type: 'boolean', default: false })
  isGlobal: boolean;

  @Column({ type: 'text', nullable: true })
  username: string | null;

  @Column({ type: 'text', nullable: true })
  password: string | null;

  @Column({ type: 'text', nullable: true })
  secret: string | null;

  @Column({ name: 'private_key', type: 'text', nullable: true })
  privateKey: string | null;

  @Column({ type: 'text', nullable: true })
  passphrase: string | null;
}
