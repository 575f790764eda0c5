import type { Release, ReleaseState } from '../release.entity.js';

type Metadata = Record<string, unknown>;

export interface ReleaseView {
  readonly id: number;
  readonly name: string;
  readonly version: string;
  readonly can_update_from_versions: string[];
  readonly description: string | null;
  readonly operating_system: string;
  readonly state: ReleaseState;
  /** 6.1 and later; the field before says the same. */
  readonly is_deployable: boolean;
  readonly roles: string[];
  readonly roles_metadata: Metadata;
  readonly modes_metadata: Metadata;
  readonly wizard_metadata: Metadata;
  readonly attributes_metadata: Metadata;
  readonly networks_metadata: Metadata;
  readonly volumes_metadata: Metadata;
  readonly orchestrator_data: Metadata;
}

export interface RoleView {
  readonly name: string;
  readonly meta: Metadata;
  readonly volumes_roles_mapping: unknown[];
}

export function toReleaseView(release: Release): ReleaseView {
  return {
    id: release.id,
    name: release.name,
    version: release.version,
    can_update_from_versions: release.canUpdateFromVersions,
    description: release.description,
    operating_system: release.operatingSystem,
    state: release.state,
    is_deployable: release.state === 'available',
    roles: release.roles,
    roles_metadata: release.rolesMetadata,
    modes_metadata: release.modesMetadata,
    wizard_metadata: release.wizardMetadata,
    attributes_metadata: release.attributesMetadata,
    networks_metadata: release.networksMetadata,
    volumes_metadata: release.volumesMetadata,
    orchestrator_data: release.orchestratorData,
  };
}

/** As 6.1 and later list them (spec fuel section 3.9). */
export function toRoleViews(release: Release): RoleView[] {
  const mapping = release.volumesMetadata['volumes_roles_mapping'];
  return release.roles.map((name) => ({
    name,
    meta: asObject(valueOf(release.rolesMetadata, name)),
    volumes_roles_mapping: asList(valueOf(asObject(mapping), name)),
  }));
}

function valueOf(fields: Metadata, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function asObject(value: unknown): Metadata {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Metadata) : {};
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
