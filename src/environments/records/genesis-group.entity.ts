import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** A group of users, for giving rights to them together. */
@Entity('genesis_groups')
@Unique('genesis_groups_name_key', ['name'])
export class GenesisGroup {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'genesis_groups_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', default: '' })
  description: string;

  @Column({ name: 'mailing_list', type: 'text', nullable: true })
  mailingList: string | null;
}
