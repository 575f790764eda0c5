import { Column, Entity, PrimaryGeneratedColumn, Unique } from 'typeorm';

/** The words of 5.1 and of 6.1 and later: clients of either compare with their own. */
export const RELEASE_STATES = [
  'not_available',
  'downloading',
  'error',
  'available',
  'unavailable',
  'manageonly',
] as const;
export type ReleaseState = (typeof RELEASE_STATES)[number];

/** What a cluster runs or is brought to (spec fuel section 2.2). */
@Entity('releases')
@Unique('releases_name_version_key', ['name', 'version'])
export class Release {
  @PrimaryGeneratedColumn('identity', {
    type: 'integer',
    generatedIdentity: 'BY DEFAULT',
    primaryKeyConstraintName: 'releases_pkey',
  })
  id: number;

  @Column({ type: 'text' })
  name: string;

  /** `<openstack>-<fuel>`, as `2014.1.1-5.1`. */
  @Column({ type: 'text' })
  version: string;

  /** Versions a cluster of the same operating system may come from. */
  @Column({ name: 'can_update_from_versions', type: 'jsonb', default: [] })
  canUpdateFromVersions: string[];

  @Column({ type: 'text', nullable: true })
  description: string | null;

  @Column({ name: 'operating_system', type: 'text' })
  operatingSystem: string;

  @Column({ type: 'text', default: 'not_available' })
  state: ReleaseState;

  /** In the order clients show them. */
  @Column({ type: 'jsonb', default: [] })
  roles: string[];

  @Column({ name: 'roles_metadata', type: 'jsonb', default: {} })
  rolesMetadata: Record<string, unknown>;

  @Column({ name: 'modes_metadata', type: 'jsonb', default: {} })
  modesMetadata: Record<string, unknown>;

  @Column({ name: 'wizard_metadata', type: 'jsonb', default: {} })
  wizardMetadata: Record<string, unknown>;

  @Column({ name: 'attributes_metadata', type: 'jsonb', default: {} })
  attributesMetadata: Record<string, unknown>;

  @Column({ name: 'networks_metadata', type: 'jsonb', default: {} })
  networksMetadata: Record<string, unknown>;

  @Column({ name: 'volumes_metadata', type: 'jsonb', default: {} })
  volumesMetadata: Record<string, unknown>;

  @Column({ name: 'orchestrator_data', type: 'jsonb', default: {} })
  orchestratorData: Record<string, unknown>;

  /** What is done on a node to bring it to this release: Fuel's granular tasks, as they were given. */
  @Column({ name: 'deployment_tasks', type: 'jsonb', default: [] })
  deploymentTasks: Record<string, unknown>[];
}
