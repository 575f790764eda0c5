import type { SchemaObject } from 'ajv';

/**
 * What `nodepool.yaml` may hold (spec nodepool section 2.7). Only shapes: what refers to what is `config-references.ts`.
 * Keys that are not here are reported and ignored, as the original daemon does; wrong values are refused.
 */

const NAME = { type: 'string', minLength: 1, maxLength: 255 } as const;
/** Names that become names of files and folders. */
const FILE_NAME = { ...NAME, maxLength: 150, pattern: '^[^./\\s-][^/]*$' } as const;
const TEXT = { type: 'string', maxLength: 4096 } as const;
const FLAG = { type: 'boolean' } as const;
const SECONDS = { type: 'number', exclusiveMinimum: 0, maximum: 31_536_000 } as const;
const DELAY = { type: 'number', minimum: 0, maximum: 86_400 } as const;
const COUNT = { type: 'integer', minimum: 0, maximum: 1_000_000 } as const;
const STRINGS = { type: 'array', items: NAME, maxItems: 1000 } as const;
const IGNORED = {} as const;

/** A list of maps, none of them null. */
function listOf(required: readonly string[], properties: SchemaObject): SchemaObject {
  return { type: 'array', maxItems: 2000, items: mapOf(required, properties) };
}

function mapOf(required: readonly string[], properties: SchemaObject): SchemaObject {
  return { type: 'object', required: [...required], properties };
}

const LABELS = listOf(['name', 'providers'], {
  name: NAME,
  image: NAME,
  'min-ready': { type: 'integer', minimum: -1, maximum: 100_000 },
  'ready-script': TEXT,
  subnodes: COUNT,
  providers: listOf(['name'], { name: NAME }),
});

const PROVIDER_IMAGES = listOf(['name'], {
  name: NAME,
  'base-image': NAME,
  'min-ram': COUNT,
  'name-filter': NAME,
  diskimage: NAME,
  setup: TEXT,
  username: NAME,
  'user-home': TEXT,
  'private-key': TEXT,
  'config-drive': FLAG,
  meta: { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } },
});

const STATIC_NODES = listOf(['name', 'labels'], {
  name: { ...NAME, pattern: '^[^\\s/-]\\S*$' },
  labels: STRINGS,
  username: NAME,
  'connection-port': { type: 'integer', minimum: 1, maximum: 65_535 },
  'host-key': { type: 'string', maxLength: 16_384, pattern: '^[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}( .*)?$' },
});

const FAKE = mapOf([], {
  'fail-create': COUNT,
  'fail-boot': COUNT,
  'fail-delete': COUNT,
  'fail-upload': COUNT,
  'create-delay': DELAY,
  'upload-delay': DELAY,
  'boot-delay': DELAY,
  'delete-delay': DELAY,
  'pause-creates': FLAG,
  'over-quota': FLAG,
  'max-servers': COUNT,
  zones: STRINGS,
});

/** A name or id, or the original's `{net-id: …}` and `{net-label: …}`. */
const NETWORK = {
  anyOf: [NAME, mapOf([], { 'net-id': NAME, 'net-label': NAME, name: NAME })],
  type: ['string', 'object'],
} as const;

const PROVIDERS = listOf(['name'], {
  name: FILE_NAME,
  driver: { enum: ['openstack', 'static', 'local', 'fake'] },
  'max-servers': { ...COUNT, maximum: 100_000 },
  rate: { type: 'number', minimum: 0, maximum: 3600 },
  'image-type': { type: 'string', pattern: '^[a-z0-9]{1,16}$' },
  'boot-timeout': SECONDS,
  'launch-timeout': SECONDS,
  'api-timeout': SECONDS,
  'availability-zones': STRINGS,
  keypair: NAME,
  networks: { type: 'array', items: NETWORK, maxItems: 100 },
  pool: NAME,
  'region-name': NAME,
  'template-hostname': NAME,
  'auth-url': NAME,
  username: NAME,
  password: TEXT,
  'project-id': NAME,
  'project-name': NAME,
  'user-domain': NAME,
  'project-domain': NAME,
  'service-type': IGNORED,
  'service-name': IGNORED,
  'clean-floating-ips': IGNORED,
  images: PROVIDER_IMAGES,
  nodes: STATIC_NODES,
  fake: FAKE,
});

const DISKIMAGES = listOf(['name', 'elements'], {
  name: FILE_NAME,
  // An element is a word of the builder's command line; one that begins with a dash would be an option.
  elements: {
    type: 'array',
    minItems: 1,
    maxItems: 500,
    items: { ...NAME, pattern: '^[^\\s-]\\S*(\\s+[^\\s-]\\S*)*$' },
  },
  release: { type: 'string', maxLength: 255 },
  'env-vars': {
    type: 'object',
    propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
    additionalProperties: { type: 'string', maxLength: 65_536 },
  },
  'rebuild-age': SECONDS,
  'build-timeout': SECONDS,
  pause: FLAG,
});

const TARGETS = listOf(['name'], {
  name: NAME,
  hostname: NAME,
  'subnode-hostname': NAME,
  jenkins: IGNORED,
  rate: IGNORED,
  'assign-via-gearman': IGNORED,
});

export const CONFIG_SCHEMA: SchemaObject = mapOf(['labels', 'providers'], {
  'script-dir': TEXT,
  'elements-dir': TEXT,
  'images-dir': TEXT,
  dburi: IGNORED,
  'zmq-publishers': IGNORED,
  'gearman-servers': IGNORED,
  'max-hold-age': { type: 'number', minimum: 0, maximum: 315_360_000 },
  cron: mapOf([], { 'image-update': NAME, cleanup: NAME, check: NAME }),
  labels: LABELS,
  providers: PROVIDERS,
  diskimages: DISKIMAGES,
  targets: TARGETS,
});

/** Read and not acted on, each with the reason the operator is told. */
export const UNUSED_KEYS: Readonly<Record<string, string>> = {
  'zmq-publishers': 'Jenkins events are not listened to',
  'gearman-servers': 'no demand is taken from Gearman',
  'targets.jenkins': 'nodes are not registered with Jenkins',
  'targets.assign-via-gearman': 'nodes are not registered with Jenkins',
  'targets.rate': 'nodes are not registered with Jenkins',
  'providers.service-type': 'the compute service is found in the catalog',
  'providers.service-name': 'the compute service is found in the catalog',
  'providers.clean-floating-ips': 'floating addresses go with their servers',
  dburi: 'Slipway has its own database',
};
