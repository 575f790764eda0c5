import { Invalid } from '../../common/errors.js';
import { type JsonObject, readFields } from '../../fuel/fuel-body.js';
import { anything, choice, Field, listOf, object, text } from '../../fuel/fuel-fields.js';
import { parseDeploymentTasks } from '../deployment-tasks.js';
import { RELEASE_STATES, type ReleaseState } from '../release.entity.js';
import type { ReleaseWish } from '../releases.service.js';

type Metadata = Record<string, unknown>;

class ReleaseBody {
  @Field(text(100, 1)) name?: string;
  @Field(text(30, 1)) version?: string;
  @Field(text(50, 1)) operating_system?: string;
  @Field(text(10_000), { nullable: true }) description?: string | null;
  @Field(choice(RELEASE_STATES)) state?: ReleaseState;
  @Field(listOf(text(30, 1))) can_update_from_versions?: string[];
  @Field(listOf(text(100, 1))) roles?: string[];
  @Field(object()) roles_metadata?: Metadata;
  @Field(object()) modes_metadata?: Metadata;
  @Field(object()) wizard_metadata?: Metadata;
  @Field(object()) attributes_metadata?: Metadata;
  @Field(object()) networks_metadata?: Metadata;
  @Field(object()) volumes_metadata?: Metadata;
  @Field(object(), { nullable: true }) orchestrator_data?: Metadata | null;
  @Field(anything(), { nullable: true }) deployment_tasks?: unknown;
}

export function toReleaseWish(given: JsonObject): ReleaseWish {
  const body = readFields(ReleaseBody, given);
  return {
    name: body.name,
    version: body.version,
    operatingSystem: body.operating_system,
    description: body.description,
    state: body.state,
    canUpdateFromVersions: body.can_update_from_versions,
    roles: body.roles && [...new Set(body.roles)],
    rolesMetadata: body.roles_metadata,
    modesMetadata: body.modes_metadata,
    wizardMetadata: body.wizard_metadata,
    attributesMetadata: body.attributes_metadata,
    networksMetadata: body.networks_metadata,
    volumesMetadata: body.volumes_metadata,
    orchestratorData: body.orchestrator_data === null ? {} : body.orchestrator_data,
    deploymentTasks: body.deployment_tasks === undefined ? undefined : toDeploymentTasks(body.deployment_tasks),
  };
}

/** A release cannot be made without these (spec fuel section 3.9). */
export function toNewRelease(given: JsonObject): ReleaseWish {
  for (const [field, name] of [
    ['name', 'name'],
    ['version', 'version'],
    ['operating_system', 'operating system'],
  ] as const) {
    if (given[field] === undefined || given[field] === null || given[field] === '') {
      throw new Invalid(`No release ${name} specified`);
    }
  }
  return toReleaseWish(given);
}

/** Checked, and kept as they were given: clients read them back. */
export function toDeploymentTasks(given: unknown): Metadata[] {
  parseDeploymentTasks(given);
  return (given ?? []) as Metadata[];
}
