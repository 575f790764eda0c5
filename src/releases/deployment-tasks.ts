import { Invalid } from '../common/errors.js';
import type { AnyTask, DeploymentTask, ShellParameters, UploadParameters } from './deployment-task.js';
import { listOf, objectOf, textOf, wholeNumberOf } from './task-fields.js';
import { orderTasks } from './task-graph.js';

const MOST_TASKS = 2_000;
/** Of roles, groups and other tasks, in all tasks together: ordering them takes time with each, and nothing else runs then. */
const MOST_NAMES = 20_000;
const LONGEST_COMMAND = 65_536;
const LARGEST_FILE = 1024 * 1024;
const LONGEST_S = 7 * 24 * 3600;
/** "By default, the timeout is set to 300 seconds": Fuel's plug-in reference. */
const DEFAULT_TIMEOUT_S = 300;
const DEFAULT_REBOOT_TIMEOUT_S = 600;
const DEFAULT_INTERVAL_S = 10;

const COMMON = ['id', 'type', 'requires', 'required_for', 'version'];
const TARGETS = ['role', 'roles', 'groups'];

type Fields = Readonly<Record<string, unknown>>;
type Reader = (common: AnyTask, parameters: Fields, where: string) => DeploymentTask;

/** What each type takes besides the common fields, and how it is read. */
const TYPES: Readonly<Record<DeploymentTask['type'], { fields: string[]; parameters: string[]; read: Reader }>> = {
  shell: {
    fields: [...TARGETS, 'parameters'],
    parameters: ['cmd', 'cwd', 'timeout', 'retries', 'interval'],
    read: (common, given, where) => ({ ...common, type: 'shell', parameters: shellParameters(given, where) }),
  },
  upload_file: {
    fields: [...TARGETS, 'parameters'],
    parameters: ['path', 'data', 'permissions'],
    read: (common, given, where) => ({ ...common, type: 'upload_file', parameters: uploadParameters(given, where) }),
  },
  reboot: {
    fields: [...TARGETS, 'parameters'],
    parameters: ['timeout'],
    read: (common, given, where) => ({
      ...common,
      type: 'reboot',
      parameters: { timeoutS: wholeNumberOf(given, 'timeout', where, [1, LONGEST_S], DEFAULT_REBOOT_TIMEOUT_S) },
    }),
  },
  group: {
    fields: [...TARGETS, 'parameters'],
    parameters: ['strategy'],
    read: (common, given, where) => ({ ...common, type: 'group', parameters: { amount: amountOf(given, where) } }),
  },
  stage: { fields: [], parameters: [], read: (common) => ({ ...common, type: 'stage' }) },
  // Whatever it was before it was skipped, its fields stay: they are not looked at.
  skipped: {
    fields: [...TARGETS, 'parameters'],
    parameters: [],
    read: (common) => ({ ...common, type: 'skipped' }),
  },
};

/** Reads a release's tasks. Throws `Invalid` with a sentence that names the task; null and undefined are no tasks. */
export function parseDeploymentTasks(raw: unknown): DeploymentTask[] {
  if (raw === null || raw === undefined) return [];
  if (!Array.isArray(raw)) throw new Invalid('deployment_tasks must be a list of tasks');
  if (raw.length > MOST_TASKS) throw new Invalid(`deployment_tasks may hold ${MOST_TASKS} tasks, not ${raw.length}`);
  const tasks = raw.map((task: unknown, index) => parseTask(task, index));
  const seen = new Set<string>();
  for (const { id } of tasks) {
    if (seen.has(id)) throw new Invalid(`Deployment task '${id}': another task has the same id`);
    seen.add(id);
  }
  const names = tasks.flatMap(({ roles, groups, requires, requiredFor }) => [roles, groups, requires, requiredFor]);
  const count = names.reduce((sum, { length }) => sum + length, 0);
  if (count > MOST_NAMES) {
    throw new Invalid(`deployment_tasks may name roles, groups and tasks ${MOST_NAMES} times, not ${count}`);
  }
  for (const task of tasks) assertKnown(task, seen);
  // Throws when they wait for one another in a circle.
  orderTasks(tasks);
  return tasks;
}

function parseTask(raw: unknown, index: number): DeploymentTask {
  const nameless = `Deployment task ${index + 1}`;
  const fields = objectOf(raw, nameless);
  const id = textOf(fields, 'id', nameless, 255);
  const where = `Deployment task '${id}'`;
  const kind = typeOf(fields, where);
  const { fields: own, parameters: known, read } = TYPES[kind];
  assertFields(fields, [...COMMON, ...own], where, kind);
  assertVersion(fields['version'], where);
  const parameters = fields['parameters'] === undefined ? {} : objectOf(fields['parameters'], `${where}: parameters`);
  if (kind !== 'skipped') assertFields(parameters, known, `${where}: parameters`, kind);
  const common: AnyTask = {
    id,
    roles: [...listOf(fields, 'role', where), ...listOf(fields, 'roles', where)],
    groups: listOf(fields, 'groups', where),
    requires: listOf(fields, 'requires', where),
    requiredFor: listOf(fields, 'required_for', where),
  };
  assertTargets(common, kind, where);
  return read(common, parameters, where);
}

function typeOf(fields: Fields, where: string): DeploymentTask['type'] {
  const type = fields['type'];
  if (typeof type === 'string' && Object.hasOwn(TYPES, type)) return type as DeploymentTask['type'];
  const known = Object.keys(TYPES).join(', ');
  if (type === undefined) throw new Invalid(`${where}: type is missing; it is one of ${known}`);
  throw new Invalid(
    `${where}: the type ${JSON.stringify(type)?.slice(0, 100)} is not supported; it is one of ${known}`,
  );
}

function assertFields(fields: Fields, known: readonly string[], where: string, type: string): void {
  const stranger = Object.keys(fields).find((name) => !known.includes(name));
  if (stranger === undefined) return;
  const allowed = known.length === 0 ? 'none is' : `known are ${known.join(', ')}`;
  throw new Invalid(`${where}: '${stranger.slice(0, 100)}' is not a field of the type ${type}; ${allowed}`);
}

/** From version 2 on tasks name tasks of other nodes (`cross-depends`); a graph of those is another engine. */
function assertVersion(version: unknown, where: string): void {
  if (version === undefined || (typeof version === 'string' && /^1(\.\d{1,3}){0,2}$/.test(version))) return;
  throw new Invalid(`${where}: only version 1 of Fuel's deployment tasks is supported`);
}

function assertTargets(task: AnyTask, type: DeploymentTask['type'], where: string): void {
  const named = [...task.roles, ...task.groups];
  const needsOne = type === 'shell' || type === 'upload_file' || type === 'reboot' || type === 'group';
  if (needsOne && named.length === 0) throw new Invalid(`${where}: role or groups must say on which nodes it runs`);
  const pattern = named.find((name) => name.startsWith('/'));
  if (pattern !== undefined) {
    throw new Invalid(`${where}: '${pattern}' is a pattern; roles are given by name, or as '*' for all nodes`);
  }
  if (needsOne && named.includes('master')) {
    throw new Invalid(`${where}: the role 'master' is Fuel's own server, and Slipway runs nothing there`);
  }
}

function assertKnown(task: DeploymentTask, ids: ReadonlySet<string>): void {
  for (const [field, names] of [
    ['requires', task.requires],
    ['required_for', task.requiredFor],
  ] as const) {
    const missing = names.find((name) => !ids.has(name));
    if (missing !== undefined) {
      throw new Invalid(`Deployment task '${task.id}': ${field} names '${missing}', and there is no such task`);
    }
  }
}

function shellParameters(given: Fields, where: string): ShellParameters {
  return {
    cmd: textOf(given, 'cmd', `${where}: parameters`, LONGEST_COMMAND),
    cwd: given['cwd'] === undefined ? '/' : pathOf(given, 'cwd', where),
    timeoutS: wholeNumberOf(given, 'timeout', where, [1, LONGEST_S], DEFAULT_TIMEOUT_S),
    retries: wholeNumberOf(given, 'retries', where, [0, 100], 0),
    intervalS: wholeNumberOf(given, 'interval', where, [0, 24 * 3600], DEFAULT_INTERVAL_S),
  };
}

function uploadParameters(given: Fields, where: string): UploadParameters {
  const { permissions = '0644' } = given;
  if (typeof permissions !== 'string' || !/^0?[0-7]{3,4}$/.test(permissions)) {
    throw new Invalid(`${where}: parameters.permissions must be octal digits in a text, as '0644'`);
  }
  const path = pathOf(given, 'path', where);
  if (path.endsWith('/')) throw new Invalid(`${where}: parameters.path must name a file`);
  return { path, data: textOf(given, 'data', `${where}: parameters`, LARGEST_FILE, { mayBeEmpty: true }), permissions };
}

function pathOf(given: Fields, name: string, where: string): string {
  const path = textOf(given, name, `${where}: parameters`, 4_000);
  if (path.startsWith('/') && !/\p{Cc}/u.test(path) && !path.split('/').includes('..')) return path;
  throw new Invalid(`${where}: parameters.${name} must be an absolute path without '..'`);
}

/** `strategy: {type: parallel, amount: 6}` or `{type: one_by_one}`. */
function amountOf(given: Fields, where: string): number | null {
  if (given['strategy'] === undefined) return null;
  const within = `${where}: strategy`;
  const strategy = objectOf(given['strategy'], within);
  assertFields(strategy, ['type', 'amount'], within, 'group');
  if (strategy['type'] === 'one_by_one') return 1;
  if (strategy['type'] !== 'parallel') throw new Invalid(`${within}: type must be parallel or one_by_one`);
  return strategy['amount'] === undefined ? null : wholeNumberOf(strategy, 'amount', within, [1, 100_000], 1);
}
