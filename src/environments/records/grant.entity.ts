import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn } from 'typeorm';
import { User } from '../../auth/user.entity.js';
import { Configuration } from './configuration.entity.js';
import { Environment } from './environment.entity.js';
import { GenesisGroup } from './genesis-group.entity.js';

/** Access to a configuration or to an environment, for when project users are restricted to what they were granted. */
@Entity('genesis_grants')
@Index('genesis_grants_configuration_key', ['configurationId', 'userId', 'groupId'], {
  where: 'configuration_id is not null',
})
@Index('genesis_grants_environment_key', ['environmentId', 'userId', 'groupId'], {
  where: 'environment_id is not null',
})
@Index('genesis_grants_by_user', ['userId'], { where: 'user_id is not null' })
@Index('genesis_grants_by_group', ['groupId'], { where: 'group_id is not null' })
@Check('genesis_grants_one_object', 'num_nonnulls(configuration_id, environment_id) = 1')
@Check('genesis_grants_one_subject', 'num_nonnulls(user_id, group_id) = 1')
export class Grant {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'genesis_grants_pkey',
  })
  id: number;

  @Column({ name: 'configuration_id', type: 'integer', nullable: true })
  configurationId: number | null;

  @ManyToOne(() => Configuration, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'configuration_id', foreignKeyConstraintName: 'genesis_grants_configuration_id_fkey' })
  configuration?: Configuration;

  @Column({ name: 'environment_id', type: 'integer', nullable: true })
  environmentId: number | null;

  @ManyToOne(() => Environment, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'environment_id', foreignKeyConstraintName: 'genesis_grants_environment_id_fkey' })
  environment?: Environment;

  @Column({ name: 'user_id', type: 'integer', nullable: true })
  userId: number | null;

  @ManyToOne(() => User, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'genesis_grants_user_id_fkey' })
  user?: User;

  @Column({ name: 'group_id', type: 'integer', nullable: true })
  groupId: number | null;

  @ManyToOne(() => GenesisGroup, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'group_id', foreignKeyConstraintName: 'genesis_grants_group_id_fkey' })
  group?: GenesisGroup;
}
