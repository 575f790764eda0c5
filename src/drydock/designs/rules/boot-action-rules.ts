import type { BootAction } from '../design.js';
import { refTo } from '../design-refs.js';
import { error, type Finding, type Rule, warning } from './rule.js';

export const nodesWithBootActions: Rule = {
  code: 'DD4001',
  title: 'Bootaction Definition',
  check: ({ nodes, bootActions }) => {
    const targets = new Set(bootActions.flatMap((action) => action.targets));
    return nodes
      .filter(({ name }) => !targets.has(name))
      .map(({ name }) =>
        warning(
          `Node ${name} is not in scope for any bootactions.`,
          [refTo('BaremetalNode', name)],
          'It is expected all nodes have at least one post-deploy action.',
        ),
      );
  },
};

/** A Debian version with its revision; so `1.0` is none, as upstream has it. */
const VERSION = /^(?:\d+:)?[A-Za-z0-9.+~-]+-[A-Za-z0-9.+~]+$/;

export const packageVersions: Rule = {
  code: 'DD4002',
  title: 'Bootaction pkg_list Validation',
  check: ({ bootActions }) => bootActions.flatMap(checkPackages),
};

function checkPackages({ name, assets }: BootAction): Finding[] {
  const documents = [refTo('BootAction', name)];
  return assets
    .filter(({ type }) => type === 'pkg_list')
    .flatMap(({ location, packages }) => {
      if (location === null && packages.length === 0) {
        const text = "Bootaction has asset of type 'pkg_list' but no valid package data";
        return error(text, documents, 'pkg_list bootaction assets must specify a list of packages.');
      }
      return packages.flatMap(([, version]) => {
        if (!version || (version.length < 256 && VERSION.test(version))) return [];
        const text = `Version specifier ${version} is not a valid format.`;
        return error(text, documents, 'pkg_list version specifications must be in a valid format.');
      });
    });
}

const MOST_WARNINGS = 100;

/** Ours: the last of two wins when a node unpacks them, which is seldom meant (spec drydock section 7.3). */
export const pathsOnNodes: Rule = {
  code: 'DD4003',
  title: 'Bootaction Assets',
  check: ({ nodes, bootActions }) => {
    const found: Finding[] = [];
    const deliveries = bootActions.map(({ name, assets, targets }) => ({ name, assets, targets: new Set(targets) }));
    for (const { name } of nodes) {
      if (found.length >= MOST_WARNINGS) break;
      const here = deliveries.filter(({ targets }) => targets.has(name));
      for (const [path, owner] of doublePaths(here)) {
        const text = `Node ${name} gets ${path} more than once; the last counts.`;
        found.push(warning(text, [refTo('BootAction', owner)], 'Give each asset of a node a path of its own.'));
      }
    }
    return found.slice(0, MOST_WARNINGS);
  },
};

/** And the boot action that brings it last. */
function doublePaths(actions: readonly Pick<BootAction, 'name' | 'assets'>[]): Map<string, string> {
  const seen = new Set<string>();
  const double = new Map<string, string>();
  for (const { name, assets } of actions) {
    for (const { path } of assets) {
      if (path !== null && seen.has(path)) double.set(path, name);
      if (path !== null) seen.add(path);
    }
  }
  return double;
}
