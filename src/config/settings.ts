import {
  BadSetting,
  flag,
  folders,
  integer,
  list,
  networks,
  oneOf,
  optionalText,
  ownPassword,
  pairs,
  places,
  rules,
  text,
  webAddress,
  type Setting,
} from './setting-kinds.js';

export const ROLES = ['all', 'api', 'worker'] as const;
export type ProcessRole = (typeof ROLES)[number];

/** Every setting there is. A test keeps `.env.example`, and the names and defaults in the README's table, equal to this list. */
export const SETTINGS = {
  port: integer('PORT', 8080, 'port the server listens on; 0 picks a free one', { min: 0, max: 65535 }),
  host: text('HOST', '127.0.0.1', 'address the server listens on'),
  databaseUrl: optionalText('DATABASE_URL', 'PostgreSQL to use; unset: an embedded one in SLIPWAY_DATA_DIR'),
  dataDir: text('SLIPWAY_DATA_DIR', '.slipway', 'where the embedded database, images and keys live'),
  role: oneOf('SLIPWAY_ROLE', 'all', ROLES, 'what this process does'),
  adminUsername: text('SLIPWAY_ADMIN_USERNAME', 'admin', 'name of the administrator made on the first start'),
  adminPassword: optionalText('SLIPWAY_ADMIN_PASSWORD', 'its password; unset: generated and printed once'),
  adminToken: optionalText('SLIPWAY_ADMIN_TOKEN', 'a token to create for the administrator on the first start'),
  secretKey: optionalText(
    'SLIPWAY_SECRET_KEY',
    'encrypts stored secrets; unset: generated into the data directory (refused with DATABASE_URL)',
  ),
  workerConcurrency: integer('SLIPWAY_WORKER_CONCURRENCY', 50, 'jobs this process works on at the same time', {
    min: 1,
    max: 500,
  }),
  databasePool: integer('SLIPWAY_DATABASE_POOL', 20, 'database connections of this process', { min: 2, max: 500 }),
  logLevel: oneOf(
    'SLIPWAY_LOG_LEVEL',
    'info',
    ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const,
    'how much is logged',
  ),
  loginFailuresPerMinute: integer(
    'SLIPWAY_LOGIN_FAILURES_PER_MINUTE',
    10,
    'failed logins per user name and address before 429',
    { min: 1, max: 100000 },
  ),
  loginTokenHours: integer('SLIPWAY_LOGIN_TOKEN_HOURS', 12, 'how long a token from a login lives', {
    min: 1,
    max: 8760,
  }),
  trustedProxies: networks(
    'SLIPWAY_TRUSTED_PROXIES',
    'addresses or CIDRs whose X-Forwarded-For is believed, comma separated',
  ),
  scheduleGrace: integer('SLIPWAY_SCHEDULE_GRACE', 300, 'seconds a scheduled batch may start late', {
    min: 0,
    max: 604800,
  }),
  shutdownGrace: integer('SLIPWAY_SHUTDOWN_GRACE', 20, 'seconds a stopping process waits for running steps', {
    min: 0,
    max: 3600,
  }),
  logRetentionDays: integer(
    'SLIPWAY_LOG_RETENTION_DAYS',
    90,
    'days logs and other records of the past are kept; 0: for ever',
    {
      min: 0,
      max: 36500,
    },
  ),
  copyLimit: integer('SLIPWAY_COPY_LIMIT', 40, 'image copies at the same time, over all processes; 0: no limit', {
    min: 0,
    max: 10000,
  }),
  activationLimit: integer('SLIPWAY_ACTIVATION_LIMIT', 0, 'activations at the same time; 0: no limit', {
    min: 0,
    max: 10000,
  }),
  siteCopyLimit: integer('SLIPWAY_SITE_COPY_LIMIT', 0, 'copies at the same time in one site; 0: no limit', {
    min: 0,
    max: 10000,
  }),
  siteActivationLimit: integer(
    'SLIPWAY_SITE_ACTIVATION_LIMIT',
    0,
    'activations at the same time in one site; 0: none',
    {
      min: 0,
      max: 10000,
    },
  ),
  uploadLimitMb: integer('SLIPWAY_UPLOAD_LIMIT_MB', 16384, 'largest image upload in megabytes', {
    min: 1,
    max: 1048576,
  }),
  imageUrl: optionalText('SLIPWAY_IMAGE_URL', 'base address devices pull images from (default: the listening address)'),
  fuelSshUsername: text('FUEL_SSH_USERNAME', 'root', 'who logs in to nodes that have no login of their own'),
  fuelSshKeyFile: optionalText('FUEL_SSH_KEY_FILE', 'private key file to log in to such nodes with'),
  fuelNodeTimeout: integer('FUEL_NODE_TIMEOUT', 180, 'seconds without an agent report after which a node is offline', {
    min: 1,
    max: 604800,
  }),
  fuelNodeCheckInterval: integer('FUEL_NODE_CHECK_INTERVAL', 30, 'seconds between looks for nodes that fell silent', {
    min: 1,
    max: 3600,
  }),
  fuelPatchParallel: integer('FUEL_PATCH_PARALLEL', 1, 'nodes of a cluster that are upgraded at the same time', {
    min: 1,
    max: 1000,
  }),
  nodepoolConfFile: optionalText('NODEPOOL_CONF_FILE', 'the pool: a nodepool.yaml; unset: there is no pool'),
  nodepoolApiUser: optionalText(
    'NODEPOOL_API_USER',
    'a user of the Nodepool API besides our own, with the role operator',
  ),
  nodepoolApiPassword: ownPassword('NODEPOOL_API_PASSWORD', 'its password'),
  nodepoolReadsRequireAuth: flag('NODEPOOL_READS_REQUIRE_AUTH', false, 'do reads of the Nodepool API take a login?'),
  nodepoolDibCommand: text('NODEPOOL_DIB_COMMAND', 'disk-image-create', 'what builds disk images'),
  nodepoolBuildWait: integer('NODEPOOL_BUILD_WAIT', 55, 'seconds a build request waits for the end of the build', {
    min: 0,
    max: 3600,
  }),
  templatesDir: text('SLIPWAY_TEMPLATES_DIR', 'templates', 'folder of the environment templates'),
  genesisStatusWords: oneOf(
    'GENESIS_STATUS_WORDS',
    'wiki',
    ['wiki', '2.x'] as const,
    'words for the states of workflows and steps in the OpenGenesis API',
  ),
  genesisFlowTimeout: integer('GENESIS_FLOW_TIMEOUT', 3600, 'seconds a whole workflow may take', {
    min: 1,
    max: 2592000,
  }),
  genesisTtlRetry: integer('GENESIS_TTL_RETRY', 20, 'seconds until a busy environment is tried again at its end', {
    min: 1,
    max: 86400,
  }),
  keystoneAuthUrl: webAddress(
    'KEYSTONE_AUTH_URL',
    'an external Keystone (v3) whose tokens count here too, as http://host:5000/v3; unset: none',
  ),
  keystoneServiceUsername: optionalText('KEYSTONE_SERVICE_USERNAME', 'the user who may validate tokens there'),
  keystoneServicePassword: optionalText('KEYSTONE_SERVICE_PASSWORD', 'its password'),
  keystoneServiceUserDomain: text('KEYSTONE_SERVICE_USER_DOMAIN', 'Default', 'the name of its domain'),
  keystoneServiceProject: text('KEYSTONE_SERVICE_PROJECT', 'service', 'the project it logs in to'),
  keystoneServiceProjectDomain: text('KEYSTONE_SERVICE_PROJECT_DOMAIN', 'Default', "the name of that project's domain"),
  keystoneRoleMap: pairs(
    'KEYSTONE_ROLE_MAP',
    'admin=admin,member=operator,reader=viewer',
    ['viewer', 'operator', 'admin'],
    'what roles there give here; the highest counts',
  ),
  keystoneProjects: list('KEYSTONE_PROJECTS', '', 'projects (name or id) whose tokens count; empty: of all projects'),
  keystoneCacheSeconds: integer('KEYSTONE_CACHE_SECONDS', 30, 'how long a validation counts: as long a revoked token', {
    min: 0,
    max: 60,
  }),
  keystoneTimeout: integer('KEYSTONE_TIMEOUT', 5, 'seconds Keystone has to answer', { min: 1, max: 60 }),
  environmentsShellUser: text('ENVIRONMENTS_SHELL_USER', 'nobody', 'whom shell steps run as when Slipway runs as root'),
  environmentsHttpAllow: places(
    'ENVIRONMENTS_HTTP_ALLOW',
    'public',
    'what http steps may call: "public" (the Internet), names, *.names, either with :port, addresses, CIDRs',
  ),
  environmentsSshUsername: text('ENVIRONMENTS_SSH_USERNAME', 'root', 'who logs in for ssh steps that name no user'),
  environmentsSshKeyFile: optionalText('ENVIRONMENTS_SSH_KEY_FILE', 'private key file for ssh steps that bring none'),
  drydockReportUrl: webAddress(
    'DRYDOCK_REPORT_URL',
    'where nodes report their boot actions (default: the listening address with /api/v1.0/bootactions/)',
  ),
  drydockDesignRoots: folders(
    'DRYDOCK_DESIGN_ROOTS',
    'absolute folders that file:// designs and assets are read from; unset: none',
  ),
  drydockLocationAllow: places(
    'DRYDOCK_LOCATION_ALLOW',
    'public',
    'where designs and assets are fetched from: "public" (the Internet), names, *.names, addresses, CIDRs',
  ),
  drydockBootactionTimeout: integer(
    'DRYDOCK_BOOTACTION_TIMEOUT',
    900,
    'seconds a deployed node has to report all its boot actions',
    { min: 1, max: 604800 },
  ),
  drydockNodeDriver: oneOf(
    'DRYDOCK_NODE_DRIVER',
    'simulated',
    ['simulated', 'none'],
    'what drives nodes whose oob type is not redfish; with none their tasks fail',
  ),
  drydockPolicy: rules(
    'DRYDOCK_POLICY',
    'who may do what, as read_task=admin|viewer,create_task=admin; rules that are not named take the role admin',
  ),
  eventRetentionDays: integer('SLIPWAY_EVENT_RETENTION_DAYS', 30, 'days events are kept for streams; 0: for ever', {
    min: 0,
    max: 36500,
  }),
  webhookAllow: places(
    'SLIPWAY_WEBHOOK_ALLOW',
    'public',
    'where webhooks may go: "public" (the Internet), names, *.names, either with :port, addresses, CIDRs',
  ),
  webhookGiveUpHours: integer(
    'SLIPWAY_WEBHOOK_GIVE_UP_HOURS',
    72,
    'hours an event is tried before it is a dead letter',
    {
      min: 1,
      max: 8760,
    },
  ),
} as const satisfies Record<string, Setting<unknown>>;

export type SettingKey = keyof typeof SETTINGS;
export type SettingValues = { [K in SettingKey]: ReturnType<(typeof SETTINGS)[K]['parse']> };

/** Parses every setting and reports all that is wrong at once. */
export function parseSettings(environment: Readonly<Record<string, string | undefined>>): SettingValues {
  const problems: string[] = [];
  const entries = Object.entries(SETTINGS).map(([key, setting]) => {
    const raw = environment[setting.name];
    try {
      return [key, setting.parse(raw === undefined || raw.trim() === '' ? undefined : raw.trim())] as const;
    } catch (error) {
      if (!(error instanceof BadSetting)) throw error;
      problems.push(error.message);
      return [key, undefined] as const;
    }
  });
  const values = Object.fromEntries(entries) as SettingValues;
  problems.push(...contradictions(values));
  if (problems.length > 0) throw new InvalidSettings(problems);
  return values;
}

/** What is wrong with settings that are good one by one. */
function contradictions(values: SettingValues): string[] {
  const hasServiceUser = Boolean(values.keystoneServiceUsername && values.keystoneServicePassword);
  const hasPassword = values.nodepoolApiPassword !== undefined;
  const checks: readonly (readonly [isWrong: boolean, problem: string])[] = [
    [
      values.keystoneAuthUrl !== undefined && !hasServiceUser,
      'KEYSTONE_AUTH_URL needs KEYSTONE_SERVICE_USERNAME and KEYSTONE_SERVICE_PASSWORD',
    ],
    [
      (values.nodepoolApiUser !== undefined) !== hasPassword,
      'NODEPOOL_API_USER and NODEPOOL_API_PASSWORD must be set together',
    ],
    [values.nodepoolApiUser?.includes(':') === true, 'NODEPOOL_API_USER must not hold a colon'],
  ];
  return checks.flatMap(([isWrong, problem]) => (isWrong ? [problem] : []));
}

/** The settings cannot be used; `problems` holds one sentence for each. */
export class InvalidSettings extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`Slipway cannot start:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}

/** `.env.example`, made from the list above. */
export function envExample(): string {
  const lines = Object.values(SETTINGS).map(
    (setting) =>
      `# ${setting.doc}\n${setting.example === undefined ? '# ' : ''}${setting.name}=${setting.example ?? ''}\n`,
  );
  return `# Every setting with its default. Copy to .env and change what you need.\n\n${lines.join('\n')}`;
}
