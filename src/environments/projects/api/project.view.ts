import type { ProjectAccess } from '../../access/project-access.js';
import type { Project } from '../../records/project.entity.js';
import { type Link, link, linksOf } from '../../wire/genesis-links.js';
import { millis, optionalMillis } from '../../wire/genesis-time.js';

export interface ProjectView {
  readonly id: number;
  readonly name: string;
  readonly creator: string;
  readonly creationTime: number;
  readonly projectManager: string;
  readonly description?: string;
  readonly isDeleted: boolean;
  readonly removalTime?: number;
}

/** Spec environments section 2.2. */
export function toProjectView(project: Project): ProjectView {
  return {
    id: project.id,
    name: project.name,
    creator: project.creator,
    creationTime: millis(project.createdAt),
    projectManager: project.projectManager,
    description: project.description ?? undefined,
    isDeleted: project.deletedAt !== null,
    removalTime: optionalMillis(project.deletedAt),
  };
}

export function projectPath(address: string, projectId: number): string {
  return `${address}/rest/projects/${projectId}`;
}

/** Its own link; `writes` says whether the caller may change it. */
export function toSelfLink(address: string, projectId: number, writes: boolean): Link | null {
  return link('self', projectPath(address, projectId), 'Project', { get: true, put: writes, delete: writes });
}

/** What the web interface opens from a project: environments, and the properties by `SystemSettings`. */
export function toProjectLinks(address: string, access: ProjectAccess): Link[] {
  const path = projectPath(address, access.project.id);
  return linksOf([
    toSelfLink(address, access.project.id, access.may('project.write')),
    link('collection', `${path}/envs`, 'Environment', { get: true, post: access.may('env.create') }),
    link('collection', `${path}/configs`, 'Configuration', { get: true, post: access.may('config.write') }),
    link('collection', `${path}/settings`, 'SystemSettings', { get: access.may('project.settings') }),
  ]);
}
