/** The file as `config-schema.ts` lets it pass: the keys as they are written, what is null left out. */
export interface RawConfig {
  readonly 'script-dir'?: string;
  readonly 'elements-dir'?: string;
  readonly 'images-dir'?: string;
  readonly 'max-hold-age'?: number;
  readonly cron?: Partial<Record<'image-update' | 'cleanup' | 'check', string>>;
  readonly labels: readonly RawLabel[];
  readonly providers: readonly RawProvider[];
  readonly diskimages?: readonly RawDiskimage[];
  readonly targets?: readonly RawTarget[];
}

export interface RawLabel {
  readonly name: string;
  readonly image?: string;
  readonly 'min-ready'?: number;
  readonly 'ready-script'?: string;
  readonly subnodes?: number;
  readonly providers: readonly { readonly name: string }[];
}

export interface RawProviderImage {
  readonly name: string;
  readonly 'base-image'?: string;
  readonly 'min-ram'?: number;
  readonly 'name-filter'?: string;
  readonly diskimage?: string;
  readonly setup?: string;
  readonly username?: string;
  readonly 'user-home'?: string;
  readonly 'private-key'?: string;
  readonly 'config-drive'?: boolean;
  readonly meta?: Readonly<Record<string, string | number | boolean>>;
}

export interface RawStaticNode {
  readonly name: string;
  readonly labels: readonly string[];
  readonly username?: string;
  readonly 'connection-port'?: number;
  readonly 'host-key'?: string;
}

export interface RawFake {
  readonly 'fail-create'?: number;
  readonly 'fail-boot'?: number;
  readonly 'fail-delete'?: number;
  readonly 'fail-upload'?: number;
  readonly 'create-delay'?: number;
  readonly 'upload-delay'?: number;
  readonly 'boot-delay'?: number;
  readonly 'delete-delay'?: number;
  readonly 'pause-creates'?: boolean;
  readonly 'over-quota'?: boolean;
  readonly 'max-servers'?: number;
  readonly zones?: readonly string[];
}

export type RawNetwork = string | Partial<Record<'net-id' | 'net-label' | 'name', string>>;

export interface RawProvider {
  readonly name: string;
  readonly driver?: 'openstack' | 'static' | 'local' | 'fake';
  readonly 'max-servers'?: number;
  readonly rate?: number;
  readonly 'image-type'?: string;
  readonly 'boot-timeout'?: number;
  readonly 'launch-timeout'?: number;
  readonly 'api-timeout'?: number;
  readonly 'availability-zones'?: readonly string[];
  readonly keypair?: string;
  readonly networks?: readonly RawNetwork[];
  readonly pool?: string;
  readonly 'region-name'?: string;
  readonly 'template-hostname'?: string;
  readonly 'auth-url'?: string;
  readonly username?: string;
  readonly password?: string;
  readonly 'project-id'?: string;
  readonly 'project-name'?: string;
  readonly 'user-domain'?: string;
  readonly 'project-domain'?: string;
  readonly images?: readonly RawProviderImage[];
  readonly nodes?: readonly RawStaticNode[];
  readonly fake?: RawFake;
}

export interface RawDiskimage {
  readonly name: string;
  readonly elements: readonly string[];
  readonly release?: string;
  readonly 'env-vars'?: Readonly<Record<string, string>>;
  readonly 'rebuild-age'?: number;
  readonly 'build-timeout'?: number;
  readonly pause?: boolean;
}

export interface RawTarget {
  readonly name: string;
  readonly hostname?: string;
  readonly 'subnode-hostname'?: string;
}
