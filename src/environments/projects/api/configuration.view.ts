import type { ProjectAccess } from '../../access/project-access.js';
import { given, isObject, type JsonObject, optionalTextOf, required, textOf } from '../../wire/genesis-body.js';
import { type Link, link, linksOf } from '../../wire/genesis-links.js';
import { inputError } from '../../wire/genesis-result.js';
import type { ConfigurationWish, CountedConfiguration } from '../configurations.service.js';
import { projectPath } from './project.view.js';

/** Spec environments section 2.2. */
export function toConfigurationView({ configuration, instanceCount }: CountedConfiguration) {
  const { id, name, projectId, description, items } = configuration;
  return { id, name, projectId, description: description ?? undefined, items, instanceCount };
}

export function configurationPath(address: string, projectId: number, id: number): string {
  return `${projectPath(address, projectId)}/configs/${id}`;
}

/** The web interface offers those configurations for a new environment that carry its `post`. */
export function toConfigurationLinks(address: string, access: ProjectAccess, id: number): Link[] {
  const projectId = access.project.id;
  const path = configurationPath(address, projectId, id);
  const writes = access.may('config.write');
  return linksOf([
    link('self', path, 'Configuration', { get: true, put: writes, delete: writes }),
    link('action', `${projectPath(address, projectId)}/envs`, 'Environment', {
      post: access.may('env.create', { configurationId: id }),
    }),
    link('collection', `${path}/access`, 'Access', { get: access.may('config.access'), put: writes }),
  ]);
}

export function toConfigurationWish(body: JsonObject): ConfigurationWish {
  const items = given(body, 'items');
  return {
    name: textOf(required(body, 'name')),
    description: optionalTextOf(given(body, 'description')),
    items: items === undefined ? undefined : toItems(items),
  };
}

function toItems(value: unknown): Record<string, string> {
  if (!isObject(value)) throw inputError('Invalid input');
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([name, item]) => [name, textOf(item)]),
  );
}
