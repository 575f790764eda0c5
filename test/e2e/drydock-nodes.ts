import { execFile } from 'node:child_process';
import { type Drydock, type TaskWire, until } from '../dialects/drydock/drydock.js';

export interface HandOff {
  readonly node_name: string;
  readonly task_id: string;
  readonly identity_key: string;
  readonly tag: string;
  readonly files_url: string;
  readonly units_url: string;
}

/** As soon as there is a key to hand off. */
export async function firstKey(drydock: Drydock, node: string): Promise<HandOff> {
  const answer = await until(
    () => drydock.post(`/nodes/${node}/bootkey`),
    ({ statusCode }) => statusCode === 200,
  );
  return answer.json<HandOff>();
}

/** The root first, then all below it. */
export async function allTasks(drydock: Drydock, id: string): Promise<TaskWire[]> {
  const { init_task_id: _root, ...tasks } = (await drydock.get(`/tasks/${id}?layers=-1`)).json<
    Record<string, TaskWire>
  >();
  return Object.values(tasks);
}

/** A node filter that means one node. */
export function onlyFor(node: string): object {
  return { filter_set_type: 'union', filter_set: [{ filter_type: 'union', node_names: [node] }] };
}

/** A program as a node would run it; throws with what it said. */
export function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, [...args], { cwd, encoding: 'utf8', timeout: 55_000 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program}: ${error.message}\n${stdout}${stderr}`));
      else resolve(stdout);
    });
  });
}
