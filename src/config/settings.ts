import ipaddr from 'ipaddr.js';

/** One setting: its name in the environment, its default, and one line of documentation for `.env.example`. */
export interface Setting<T> {
  readonly name: string;
  /** As it would be written in a file; `undefined` means unset. */
  readonly example: string | undefined;
  readonly doc: string;
  parse(text: string | undefined): T;
}

class BadSetting extends Error {}

function text(name: string, example: string | undefined, doc: string): Setting<string> {
  return { name, example, doc, parse: (value) => value ?? example ?? '' };
}

function optionalText(name: string, doc: string): Setting<string | undefined> {
  return { name, example: undefined, doc, parse: (value) => value };
}

function integer(name: string, fallback: number, doc: string, range: { min: number; max: number }): Setting<number> {
  return {
    name,
    example: String(fallback),
    doc,
    parse: (value) => {
      if (value === undefined) return fallback;
      const parsed = Number(value);
      if (!/^\d+$/.test(value) || parsed < range.min || parsed > range.max) {
        throw new BadSetting(`${name} must be a whole number from ${range.min} to ${range.max}, not "${value}"`);
      }
      return parsed;
    },
  };
}

function oneOf<T extends string>(name: string, fallback: T, choices: readonly T[], doc: string): Setting<T> {
  return {
    name,
    example: fallback,
    doc: `${doc} (${choices.join(', ')})`,
    parse: (value) => {
      const found = choices.find((choice) => choice === (value ?? fallback));
      if (!found) throw new BadSetting(`${name} must be one of ${choices.join(', ')}, not "${value}"`);
      return found;
    },
  };
}

function list(name: string, example: string | undefined, doc: string): Setting<string[]> {
  return {
    name,
    example,
    doc,
    parse: (value) =>
      (value ?? example ?? '')
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
  };
}

/** Addresses and networks, as `192.0.2.7`, `2001:db8::/32`. */
function networks(name: string, doc: string): Setting<string[]> {
  const items = list(name, '', doc);
  return {
    ...items,
    parse: (value) => {
      const parsed = items.parse(value);
      const wrong = parsed.find((item) => !ipaddr.isValid(item) && !ipaddr.isValidCIDR(item));
      if (wrong !== undefined) throw new BadSetting(`${name} must list addresses or CIDRs; "${wrong}" is neither`);
      return parsed;
    },
  };
}

export const ROLES = ['all', 'api', 'worker'] as const;
export type ProcessRole = (typeof ROLES)[number];

/** Every setting there is. `.env.example` and the README's table are kept equal to this list by a test. */
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
  logRetentionDays: integer('SLIPWAY_LOG_RETENTION_DAYS', 90, 'days job logs and artifacts are kept; 0: for ever', {
    min: 0,
    max: 36500,
  }),
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
  if (problems.length > 0) throw new InvalidSettings(problems);
  return Object.fromEntries(entries) as SettingValues;
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
