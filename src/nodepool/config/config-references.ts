import { validateCronExpression } from 'cron';
import type { RawConfig, RawLabel, RawProvider } from './raw-config.js';
import type { KeyPath } from '../../common/yaml/file-issue.js';

export interface Finding {
  readonly path: KeyPath;
  readonly message: string;
  readonly isWarning: boolean;
}

type Report = (path: KeyPath, message: string) => void;

/** What the schema cannot see: who names whom, what a driver needs, what cannot work together. */
export function checkReferences(raw: RawConfig): Finding[] {
  const findings: Finding[] = [];
  const error: Report = (path, message) => void findings.push({ path, message, isWarning: false });
  const warn: Report = (path, message) => void findings.push({ path, message, isWarning: true });
  checkDuplicates(raw, error);
  raw.labels.forEach((label, index) => checkLabel(raw, label, ['labels', index], error, warn));
  raw.providers.forEach((provider, index) => checkProvider(raw, provider, ['providers', index], error, warn));
  checkCapacity(raw, warn);
  checkTemplates(raw, error);
  for (const [key, line] of Object.entries(raw.cron ?? {})) {
    if (!validateCronExpression(line).valid) error(['cron', key], 'is not a cron line, as in "*/15 * * * *"');
  }
  if ((raw.targets ?? []).length === 0) warn([], 'has no targets; nodes get the target "default"');
  return findings;
}

interface Named {
  readonly name: string;
}

function checkDuplicates(raw: RawConfig, error: Report): void {
  const unique = (list: readonly Named[] | undefined, path: KeyPath): void => {
    const seen = new Set<string>();
    list?.forEach(({ name }, index) => {
      if (seen.has(name)) error([...path, index, 'name'], `there is another "${name}"`);
      seen.add(name);
    });
  };
  unique(raw.labels, ['labels']);
  unique(raw.providers, ['providers']);
  unique(raw.diskimages, ['diskimages']);
  unique(raw.targets, ['targets']);
  raw.providers.forEach(({ images, nodes }, index) => {
    unique(images, ['providers', index, 'images']);
    unique(nodes, ['providers', index, 'nodes']);
  });
  raw.labels.forEach(({ providers }, index) => unique(providers, ['labels', index, 'providers']));
}

function checkLabel(raw: RawConfig, label: RawLabel, path: KeyPath, error: Report, warn: Report): void {
  if ((label.subnodes ?? 0) > 0) error([...path, 'subnodes'], 'subnodes are not supported');
  label.providers.forEach(({ name }, index) => {
    const place = [...path, 'providers', index, 'name'];
    const provider = raw.providers.find((each) => each.name === name);
    if (!provider) return error(place, `there is no provider "${name}"`);
    if (provider.driver === 'static') {
      const hasNode = (provider.nodes ?? []).some(({ labels }) => labels.includes(label.name));
      if (!hasNode) warn(place, `no node of the static provider "${name}" has the label "${label.name}"`);
    } else if (label.image === undefined) {
      error([...path], `needs "image": the provider "${name}" is not static`);
    } else if (!(provider.images ?? []).some((image) => image.name === label.image)) {
      error([...path, 'image'], `the provider "${name}" has no image "${label.image}"`);
    }
  });
}

function checkProvider(raw: RawConfig, provider: RawProvider, path: KeyPath, error: Report, warn: Report): void {
  const driver = provider.driver ?? 'openstack';
  if (driver === 'openstack') checkOpenstack(provider, path, error);
  if (driver === 'static') checkStatic(raw, provider, path, error, warn);
  else if (provider['max-servers'] === undefined) error(path, 'needs "max-servers"');
  if (driver !== 'static' && provider.nodes) warn([...path, 'nodes'], 'is only for "driver: static"');
  if (driver !== 'fake' && provider.fake) warn([...path, 'fake'], 'is only for "driver: fake"');
  if (driver === 'local' && (provider['image-type'] ?? 'tar') !== 'tar') {
    error([...path, 'image-type'], 'must be tar: a local provider unpacks its images');
  }
  (provider.images ?? []).forEach((image, index) => {
    const place = [...path, 'images', index];
    if (image.diskimage !== undefined) {
      const isThere = (raw.diskimages ?? []).some(({ name }) => name === image.diskimage);
      if (!isThere) error([...place, 'diskimage'], `there is no diskimage "${image.diskimage}"`);
    } else if (image.setup === undefined) {
      warn(place, 'has neither "diskimage" nor "setup": it cannot be made or updated');
    }
    if (!isStorableMeta(image.meta)) {
      warn([...place, 'meta'], 'is ignored: at most 5 entries, keys and values of at most 255 characters');
    }
  });
}

function checkOpenstack(provider: RawProvider, path: KeyPath, error: Report): void {
  for (const key of ['auth-url', 'username', 'password'] as const) {
    if (provider[key] === undefined) error(path, `needs "${key}"`);
  }
  if (provider['project-id'] === undefined && provider['project-name'] === undefined) error(path, 'needs "project-id"');
  const url = provider['auth-url'];
  if (url !== undefined && !isHttpAddress(url)) error([...path, 'auth-url'], 'must be an http or https address');
}

/** A password in the address would be sent and logged where nobody expects one. */
function isHttpAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
}

function checkStatic(raw: RawConfig, provider: RawProvider, path: KeyPath, error: Report, warn: Report): void {
  if (provider.nodes === undefined) error(path, 'needs "nodes"');
  if ((provider.images ?? []).length > 0) warn([...path, 'images'], 'is not used: static hosts have no images');
  (provider.nodes ?? []).forEach(({ labels }, node) => {
    labels.forEach((name, index) => {
      const place = [...path, 'nodes', node, 'labels', index];
      const label = raw.labels.find((each) => each.name === name);
      if (!label) error(place, `there is no label "${name}"`);
      else if (!label.providers.some((each) => each.name === provider.name)) {
        warn(place, `the label "${name}" does not name the provider "${provider.name}"`);
      }
    });
  });
}

/** The original ignores such a map, and says so. */
export function isStorableMeta(meta: Readonly<Record<string, string | number | boolean>> | undefined): boolean {
  const entries = Object.entries(meta ?? {});
  return entries.length <= 5 && entries.flat().every((text) => String(text).length <= 255);
}

/** More nodes wanted than all the providers of all labels can hold. */
function checkCapacity(raw: RawConfig, warn: Report): void {
  raw.labels.forEach((label, index) => {
    const wanted = label['min-ready'] ?? 2;
    const capacity = label.providers.reduce((sum, { name }) => {
      const provider = raw.providers.find((each) => each.name === name);
      return sum + (provider?.['max-servers'] ?? provider?.nodes?.length ?? 0);
    }, 0);
    if (wanted > capacity) {
      warn(['labels', index, 'min-ready'], `asks for ${wanted} nodes; its providers hold ${capacity} at most`);
    }
  });
}

const PLACEHOLDERS = new Set(['label.name', 'provider.name', 'node_id', 'subnode_id', 'timestamp', 'image.name']);

function checkTemplates(raw: RawConfig, error: Report): void {
  const check = (template: string | undefined, path: KeyPath): void => {
    for (const [, name] of (template ?? '').matchAll(/\{([^{}]*)\}/g)) {
      if (!PLACEHOLDERS.has(name ?? '')) {
        error(path, `has an unknown placeholder; there are {${[...PLACEHOLDERS].join('} {')}}`);
        return;
      }
    }
  };
  raw.targets?.forEach((target, index) => {
    check(target.hostname, ['targets', index, 'hostname']);
    check(target['subnode-hostname'], ['targets', index, 'subnode-hostname']);
  });
  raw.providers.forEach((provider, index) => {
    check(provider['template-hostname'], ['providers', index, 'template-hostname']);
  });
}
