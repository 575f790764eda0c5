import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The account of a name or number in `/etc/passwd`; null: there is none. */
export async function findAccount(name: string, passwd = '/etc/passwd'): Promise<Account | null> {
  const text = await readFile(passwd, 'utf8').catch(() => '');
  for (const line of text.split('\n')) {
    const [login, , uid, gid] = line.split(':');
    if (login !== name && uid !== name) continue;
    if (/^\d+$/.test(uid ?? '') && /^\d+$/.test(gid ?? '')) return { uid: Number(uid), gid: Number(gid) };
  }
  return null;
}

/** The first folder on the way that the account may not pass through; null: the way is free. Asked as root. */
export async function whatBars(path: string, account: Account): Promise<string | null> {
  if (account.uid === 0) return null;
  const way: string[] = [];
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) way.unshift(dirname(folder));
  for (const folder of way) {
    const { uid, gid, mode } = await stat(folder);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return folder;
  }
  return null;
}
