/** One version of the identity API, as clients discover it before they log in. */
export interface VersionView {
  readonly id: string;
  readonly status: 'stable';
  readonly updated: string;
  readonly links: readonly { readonly rel: 'self'; readonly href: string }[];
  readonly 'media-types': readonly { readonly base: string; readonly type: string }[];
}

export function v2VersionAt(origin: string): VersionView {
  return version({ id: 'v2.0', type: 'v2.0', updated: '2014-04-17T00:00:00Z', href: `${origin}/keystone/v2.0/` });
}

/** Nailgun's own Keystone calls itself 3.6; we have none of what came after it. */
export function v3VersionAt(origin: string): VersionView {
  return version({ id: 'v3.6', type: 'v3', updated: '2016-04-04T00:00:00Z', href: `${origin}/keystone/v3/` });
}

function version(about: Readonly<Record<'id' | 'type' | 'updated' | 'href', string>>): VersionView {
  const { id, type, updated, href } = about;
  return {
    id,
    status: 'stable',
    updated,
    links: [{ rel: 'self', href }],
    'media-types': [{ base: 'application/json', type: `application/vnd.openstack.identity-${type}+json` }],
  };
}
