import { Invalid } from '../../common/errors.js';
import type { DesignNode, Entries, Rack } from './design.js';

/** Which nodes of a design are meant (spec drydock section 5.1). */
export interface NodeFilter {
  readonly combine: Combination;
  readonly filters: readonly SingleFilter[];
}

const COMBINATIONS = ['intersection', 'union'] as const;
type Combination = (typeof COMBINATIONS)[number];

/** An empty list means "not given": the CLI sends `node_names: []`. */
export interface SingleFilter {
  readonly combine: Combination;
  readonly names: readonly string[];
  readonly tags: readonly string[];
  readonly labels: Entries;
  readonly racks: readonly string[];
  readonly rackLabels: Entries;
}

const SET_KEYS = ['filter_set_type', 'filter_set'];
const FILTER_KEYS = ['filter_type', 'node_names', 'node_tags', 'node_labels', 'rack_names', 'rack_labels'];
const MOST_FILTERS = 1_000;
const MOST_VALUES = 100_000;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Null: no filter, so every node. What is not understood is refused and never taken for "every node", since the same
 * filter says which nodes are destroyed. Throws `Invalid`.
 */
export function readNodeFilter(raw: unknown): NodeFilter | null {
  if (raw === null || raw === undefined) return null;
  const fields = fieldsOf(raw, 'node_filter', SET_KEYS);
  const combine = combinationOf(fields['filter_set_type'], 'filter_set_type');
  const set = fields['filter_set'];
  if (!Array.isArray(set) || set.length === 0) throw new Invalid('node_filter.filter_set must be a list of filters');
  if (set.length > MOST_FILTERS) throw new Invalid(`node_filter.filter_set has more than ${MOST_FILTERS} filters`);
  return { combine, filters: set.map((item: unknown, index) => readFilter(item, `filter_set[${index}]`)) };
}

function readFilter(raw: unknown, at: string): SingleFilter {
  const fields = fieldsOf(raw, `node_filter.${at}`, FILTER_KEYS);
  return {
    combine: combinationOf(fields['filter_type'], `${at}.filter_type`),
    names: textsOf(fields['node_names'], `${at}.node_names`),
    tags: textsOf(fields['node_tags'], `${at}.node_tags`),
    labels: labelsOf(fields['node_labels'], `${at}.node_labels`),
    racks: textsOf(fields['rack_names'], `${at}.rack_names`),
    rackLabels: labelsOf(fields['rack_labels'], `${at}.rack_labels`),
  };
}

function fieldsOf(raw: unknown, what: string, known: readonly string[]): Fields {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw new Invalid(`${what} must be an object`);
  const odd = Object.keys(raw).find((key) => !known.includes(key));
  if (odd !== undefined) throw new Invalid(`${what} has a key that is not known: only ${known.join(', ')}`);
  return raw as Fields;
}

function combinationOf(raw: unknown, what: string): Combination {
  const found = COMBINATIONS.find((combination) => combination === raw);
  if (!found) throw new Invalid(`node_filter.${what} must be "intersection" or "union"`);
  return found;
}

function textsOf(raw: unknown, what: string): string[] {
  if (raw === null || raw === undefined) return [];
  const isTexts = Array.isArray(raw) && raw.length <= MOST_VALUES && raw.every((item) => typeof item === 'string');
  if (!isTexts) throw new Invalid(`node_filter.${what} must be a list of texts`);
  return raw as string[];
}

function labelsOf(raw: unknown, what: string): [string, string][] {
  if (raw === null || raw === undefined) return [];
  const isMap = typeof raw === 'object' && !Array.isArray(raw);
  const entries = isMap ? Object.entries(raw) : [];
  if (!isMap || entries.length > MOST_VALUES || entries.some(([, value]) => typeof value !== 'string')) {
    throw new Invalid(`node_filter.${what} must be an object of texts`);
  }
  return entries as [string, string][];
}

interface Inventory {
  readonly nodes: readonly DesignNode[];
  readonly racks: readonly Rack[];
}

/** Names in the order of the design, each once. */
export function selectNodes({ nodes, racks }: Inventory, filter: NodeFilter | null): string[] {
  const isIn = filter === null ? () => true : matcherOf(filter, racks);
  return [...new Set(nodes.filter(isIn).map(({ name }) => name))];
}

type Matcher = (node: DesignNode) => boolean;

function matcherOf({ combine, filters }: NodeFilter, racks: readonly Rack[]): Matcher {
  return combined(
    combine,
    filters.map((filter) => combined(filter.combine, criteriaOf(filter, racks))),
  );
}

/** Without criteria it selects nothing, whichever way they are combined: Shipyard counts on it. */
function combined(combination: Combination, matchers: readonly Matcher[]): Matcher {
  if (matchers.length === 0) return () => false;
  return combination === 'union'
    ? (node) => matchers.some((matches) => matches(node))
    : (node) => matchers.every((matches) => matches(node));
}

function criteriaOf(filter: SingleFilter, racks: readonly Rack[]): Matcher[] {
  const criteria: Matcher[] = [];
  const { combine } = filter;
  if (filter.names.length > 0) {
    const names = new Set(filter.names);
    criteria.push(({ name }) => names.has(name));
  }
  if (filter.tags.length > 0) {
    const wanted = new Set(filter.tags);
    criteria.push(({ tags }) => tags.some((tag) => wanted.has(tag)));
  }
  if (filter.labels.length > 0) criteria.push(({ labels }) => haveLabels(labels, filter.labels, combine));
  if (filter.racks.length > 0) {
    const names = new Set(filter.racks);
    criteria.push(({ rack }) => rack !== null && names.has(rack));
  }
  if (filter.rackLabels.length > 0) {
    const found = racks.filter(({ labels }) => haveLabels(labels, filter.rackLabels, combine));
    const names = new Set(found.map(({ name }) => name));
    criteria.push(({ rack }) => rack !== null && names.has(rack));
  }
  return criteria;
}

/** All of them under intersection, as the documentation's example needs; upstream takes any (spec section 5.1). */
function haveLabels(labels: Entries, wanted: Entries, combination: Combination): boolean {
  const known = new Map(labels);
  const matches = ([key, value]: readonly [string, string]): boolean => known.get(key) === value;
  return combination === 'union' ? wanted.some(matches) : wanted.every(matches);
}
