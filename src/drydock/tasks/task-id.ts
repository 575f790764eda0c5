const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Anything else is the id of no task, and PostgreSQL would refuse to look for it. */
export function isTaskId(text: string): boolean {
  return UUID.test(text);
}
