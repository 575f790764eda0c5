/** What each root of the Upgrade dialect lists: a name and its path below the root (spec upgrade section 2). */
const ROOTS = {
  '': ['auth', 'users', 'upgrade/status', 'upgrade/trigger', 'upgrade/cancel', 'dcim', 'images', 'core'],
  auth: ['login', 'logout', 'me'],
  users: ['users', 'tokens', 'groups'],
  dcim: ['devices', 'device-models', 'sites', 'regions', 'global-credentials', 'credentials'],
  images: ['images', 'file-servers', 'golden-images'],
  core: [
    'workflows',
    'workflow-steps',
    'checks',
    'check-runs',
    'jobs',
    'activity-logs',
    'dashboard/stats',
    'system-status',
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type RootName = keyof typeof ROOTS;

/** Name to absolute address, with the slash at the end that the original's have. */
export function rootLinks(root: RootName, origin: string): Record<string, string> {
  const base = root === '' ? `${origin}/api` : `${origin}/api/${root}`;
  return Object.fromEntries(ROOTS[root].map((path) => [path, `${base}/${path}/`]));
}
