/** A name for files of an environment: a fresh database counts from 1 again and must not take an old one's. */
export function environmentKey(environment: { readonly id: number; readonly createdAt: Date }): string {
  return `${environment.id}-${environment.createdAt.getTime().toString(36)}`;
}

/** A command's name tells whose it is, to whoever finds it after a crash. */
export function tokenOf(workflowId: number, uuid: string): string {
  return `${workflowId}-${uuid}`;
}

/** Null: not a name of ours. */
export function workflowOfToken(token: string): number | null {
  const [, id] = /^(\d+)-/.exec(token) ?? [];
  return id === undefined ? null : Number(id);
}
