import { Invalid } from '../common/errors.js';
import type { DeploymentTask } from './deployment-task.js';

/**
 * One order for all tasks of a release: after what they require, before what they are required for; between tasks that
 * do not know one another, by their groups' order and then as they stand in the release. Each node runs those of its
 * roles in this order. Throws `Invalid` when tasks wait for one another in a circle.
 */
export function orderTasks<T extends DeploymentTask>(tasks: readonly T[]): T[] {
  const explicit = explicitOrder(tasks);
  const ranks = ranksOf(tasks, explicit);
  const places = new Map(
    tasks.map(({ id, groups }) => {
      const own = [id, ...groups].flatMap((name) => ranks.get(name) ?? []);
      return [id, own.reduce((least, rank) => Math.min(least, rank), own[0] ?? 0)];
    }),
  );
  return sorted(tasks, withMembers(tasks, explicit), ({ id }) => places.get(id)!);
}

/** A release's groups, each with the number of the round in which its nodes may be deployed. */
export function groupRanks(tasks: readonly DeploymentTask[]): Map<string, number> {
  return ranksOf(tasks, explicitOrder(tasks));
}

type Before = ReadonlyMap<string, ReadonlySet<string>>;

/** A group's rank is one more than the highest of the groups before it, near or far. */
function ranksOf(tasks: readonly DeploymentTask[], before: Before): Map<string, number> {
  const ranks = new Map<string, number>();
  const highest = new Map<string, number>();
  // In an order, so that what comes before a task has been looked at already.
  for (const { id, type } of sorted(tasks, before, () => 0)) {
    let rank = -1;
    for (const earlier of before.get(id) ?? []) rank = Math.max(rank, highest.get(earlier) ?? -1);
    if (type === 'group') ranks.set(id, (rank += 1));
    highest.set(id, rank);
  }
  return ranks;
}

/** Task to what must come before it, as `requires` and `required_for` say. */
function explicitOrder(tasks: readonly DeploymentTask[]): Map<string, Set<string>> {
  const before = new Map(tasks.map(({ id, requires }) => [id, new Set(requires)]));
  for (const { id, requiredFor } of tasks) for (const later of requiredFor) before.get(later)?.add(id);
  return before;
}

/**
 * A group begins before its tasks, and who requires the group waits for its tasks. A task of several groups waits only
 * for what all of them wait for: it runs with the first of a node's groups.
 */
function withMembers(tasks: readonly DeploymentTask[], explicit: Before): Map<string, Set<string>> {
  const members = new Map<string, string[]>(tasks.filter(({ type }) => type === 'group').map(({ id }) => [id, []]));
  const known = new Map<string, ReadonlySet<string>>();
  const earlierThan = (group: string): ReadonlySet<string> => {
    const found = known.get(group) ?? ancestors(group, explicit);
    known.set(group, found);
    return found;
  };
  const before = new Map([...explicit].map(([id, earlier]) => [id, new Set(earlier)]));
  const plain = tasks.filter(({ type }) => type !== 'group');
  for (const { id, groups } of plain) {
    const own = groups.filter((group) => members.has(group));
    for (const group of own) members.get(group)?.push(id);
    for (const earlier of own.length === 1 ? own : common(own, earlierThan))
      if (earlier !== id) before.get(id)?.add(earlier);
  }
  for (const { id, groups } of plain) {
    for (const group of explicit.get(id) ?? []) {
      if (groups.includes(group)) continue;
      for (const member of members.get(group) ?? []) before.get(id)?.add(member);
    }
  }
  return before;
}

function common(groups: readonly string[], earlierThan: (group: string) => ReadonlySet<string>): string[] {
  const [first, ...others] = groups.map(earlierThan);
  return first === undefined ? [] : [...first].filter((id) => others.every((set) => set.has(id)));
}

function ancestors(id: string, before: Before): Set<string> {
  const found = new Set<string>();
  const waiting = [id];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const earlier of before.get(next) ?? []) {
      if (found.has(earlier)) continue;
      found.add(earlier);
      waiting.push(earlier);
    }
  }
  return found;
}

/** Kahn's algorithm; of the tasks that may come next, the one with the smallest rank, then the first in the list. */
function sorted<T extends DeploymentTask>(tasks: readonly T[], before: Before, rank: (task: T) => number): T[] {
  const place = new Map(tasks.map((task, index) => [task.id, index]));
  const missing = new Map(tasks.map(({ id }) => [id, before.get(id)?.size ?? 0]));
  const after = new Map<string, T[]>(tasks.map(({ id }) => [id, []]));
  for (const task of tasks) for (const earlier of before.get(task.id) ?? []) after.get(earlier)?.push(task);
  const comesFirst = (one: T, other: T) => rank(one) - rank(other) || place.get(one.id)! - place.get(other.id)!;
  const free = tasks.filter(({ id }) => missing.get(id) === 0);
  const ordered: T[] = [];
  while (free.length > 0) {
    const next = free.reduce((best, task) => (comesFirst(task, best) < 0 ? task : best));
    free.splice(free.indexOf(next), 1);
    ordered.push(next);
    for (const later of after.get(next.id) ?? []) {
      const left = missing.get(later.id)! - 1;
      missing.set(later.id, left);
      if (left === 0) free.push(later);
    }
  }
  if (ordered.length < tasks.length)
    throw circle(
      tasks.filter((task) => missing.get(task.id)! > 0),
      before,
    );
  return ordered;
}

/** Every task that is left waits for another one of them, so walking back must come round. */
function circle(left: readonly DeploymentTask[], before: Before): Invalid {
  const names = new Set(left.map(({ id }) => id));
  const path: string[] = [];
  let next = left[0]!.id;
  while (!path.includes(next)) {
    path.unshift(next);
    next = [...(before.get(next) ?? [])].find((id) => names.has(id)) ?? next;
  }
  const round = [next, ...path.slice(0, path.indexOf(next) + 1)];
  return new Invalid(`Deployment tasks wait for one another in a circle: ${round.slice(0, 10).join(' before ')}`);
}
