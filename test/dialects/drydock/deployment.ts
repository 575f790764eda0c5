import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { Parser } from 'tar';
import type { DataSource } from 'typeorm';
import { getDataSourceToken } from '@nestjs/typeorm';
import { SYSTEM_PRINCIPAL } from '../../../src/auth/principal.js';
import { BootContexts } from '../../../src/drydock/contexts/boot-contexts.service.js';
import { bootActionsFor } from '../../../src/drydock/designs/design.js';
import { DesignsService } from '../../../src/drydock/designs/designs.service.js';
import { SiteTask } from '../../../src/drydock/records/site-task.entity.js';
import type { Drydock } from './drydock.js';

/** A deployment as a `deploy_node` part leaves it, with the keys of its nodes; nothing runs. */
export interface Deployment {
  readonly taskId: string;
  readonly designRef: string;
  readonly keys: ReadonlyMap<string, string>;
  /** Ids of boot actions by `node/action`. */
  readonly actions: ReadonlyMap<string, string>;
}

export async function deploy({ test: { app } }: Drydock, designRef: string): Promise<Deployment> {
  const { design, messages } = await app.get(DesignsService, { strict: false }).load(designRef, never());
  if (!design) throw new Error(`No design: ${JSON.stringify(messages)}`);
  const dataSource = dataSourceOf(app);
  const taskId = randomUUID();
  const designDigest = await dataSource.transaction(async (tx) => {
    const digest = await app.get(DesignsService, { strict: false }).pin(tx, design);
    const task = { id: taskId, action: 'deploy_node', rootId: taskId, designRef, designDigest: digest };
    await tx.insert(SiteTask, { ...task, status: 'running' as const, nodeNames: design.nodes.map(({ name }) => name) });
    return digest;
  });
  const contexts = app.get(BootContexts, { strict: false });
  const keys = new Map<string, string>();
  for (const { name } of design.nodes) {
    const actions = bootActionsFor(design, name);
    await contexts.open({ nodeName: name, taskId, designDigest, actions });
    if (actions.length > 0) keys.set(name, (await contexts.issueKey(name, SYSTEM_PRINCIPAL)).key);
  }
  const records = await dataSource.query<{ id: string; node: string; name: string }[]>(
    'select action_id as id, node_name as node, action_name as name from drydock_boot_actions where task_id = $1',
    [taskId],
  );
  return { taskId, designRef, keys, actions: new Map(records.map(({ id, node, name }) => [`${node}/${name}`, id])) };
}

export function dataSourceOf(app: Drydock['test']['app']): DataSource {
  return app.get<DataSource>(getDataSourceToken(), { strict: false });
}

function never() {
  return { signal: new AbortController().signal };
}

export interface Member {
  readonly path: string;
  readonly mode: number;
  readonly owner: string;
  readonly seconds: number;
  readonly type: string;
  readonly text: string;
}

/** What is in a gzipped archive, in its order, names as they stand in it. */
export async function unpacked(archive: Uint8Array): Promise<Member[]> {
  const members: Member[] = [];
  const blocks = gunzipSync(archive);
  // An empty archive is two empty blocks; the parser wants to see one entry at least.
  if (blocks.every((byte) => byte === 0)) return members;
  await new Promise<void>((resolve, reject) => {
    const parser = new Parser({ strict: true });
    parser.on('entry', (entry) => {
      const chunks: Buffer[] = [];
      entry.on('data', (chunk: Buffer) => chunks.push(chunk));
      entry.on('end', () => {
        const { path, mode = -1, uid, gid, uname = '', gname = '', mtime, type } = entry;
        const owner = `${uid}${uname}/${gid}${gname}`;
        const text = Buffer.concat(chunks).toString('utf8');
        members.push({ path, mode, owner, seconds: (mtime?.getTime() ?? -1) / 1000, type, text });
      });
    });
    parser.on('end', resolve);
    parser.on('error', reject);
    parser.end(blocks);
  });
  return members;
}

/** A download with a node's own tool's words: only the key. */
export async function download(drydock: Drydock, path: string, key?: string): Promise<Member[]> {
  const answer = await fetch(`${drydock.test.url}/api/v1.0${path}`, {
    headers: key === undefined ? {} : { 'X-Bootaction-Key': key },
  });
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
  return unpacked(new Uint8Array(await answer.arrayBuffer()));
}
