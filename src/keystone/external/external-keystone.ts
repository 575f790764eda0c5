import { createHash } from 'node:crypto';
import { Unavailable } from '../../common/errors.js';
import type { ExternalUser, TokenSource } from '../../auth/external-tokens.js';
import type { KeystoneApi } from './keystone-api.js';
import type { ValidatedToken } from './keystone-answers.js';
import { KeystoneProblem } from './keystone-problem.js';
import { Lanes } from './lanes.js';
import { roleOf, type RoleRules } from './role-of.js';
import type { ServiceSession } from './service-session.js';
import { Verdicts } from './verdicts.js';

/** Fernet tokens have about 250 characters, signed ones a thousand; none has others than these. */
const TOKEN = /^[\x21-\x7e]{1,4096}$/;
const MOST_KEPT = 10_000;
/** Kept apart, so that guesses cannot push out what is known of good tokens. */
const MOST_UNKNOWN = 2_000;
/** No token becomes good by waiting, so this only has to stop a client that repeats itself. */
const KEEP_UNKNOWN_MS = 5_000;
/** After an outage the next few do not wait for the same timeout. */
const KEEP_OUTAGE_MS = 1_000;
const AT_ONCE = 16;
const MOST_WAITING = 1_000;

export type Outcome = 'valid' | 'unknown' | 'failed';

/** Told of every question to Keystone: for the log, the health page and the metrics. */
export type Observer = (outcome: Outcome, problem: KeystoneProblem | null) => void;

export interface ExternalOptions extends RoleRules {
  readonly cacheMs: number;
}

/**
 * Tokens of an external Keystone. Each is asked about once however many requests show it, and then believed for
 * `cacheMs` from the moment of asking: so long a revoked one may go on, and not longer. Tokens are kept as hashes.
 */
export class ExternalKeystone implements TokenSource {
  private readonly users = new Verdicts<ExternalUser>(MOST_KEPT);
  private readonly unknown = new Verdicts<null>(MOST_UNKNOWN);
  private readonly asking = new Map<string, Promise<ExternalUser | null>>();
  private readonly lanes = new Lanes(AT_ONCE, MOST_WAITING);
  private outage: { readonly problem: KeystoneProblem; readonly until: number } | null = null;

  constructor(
    private readonly api: Pick<KeystoneApi, 'validate'>,
    private readonly session: ServiceSession,
    private readonly options: ExternalOptions,
    private readonly observe: Observer = () => undefined,
  ) {}

  async identify(key: string): Promise<ExternalUser | null> {
    if (!TOKEN.test(key)) return null;
    const name = createHash('sha256').update(key).digest('base64');
    const now = Date.now();
    const known = this.users.get(name, now) ?? this.unknown.get(name, now);
    if (known) return known.value;
    const asking = this.asking.get(name) ?? this.ask(name, key).finally(() => this.asking.delete(name));
    this.asking.set(name, asking);
    return asking;
  }

  private async ask(name: string, key: string): Promise<ExternalUser | null> {
    try {
      if (this.lanes.isFull) throw new KeystoneProblem('too many tokens wait for Keystone', false);
      return await this.lanes.run(() => this.validate(name, key));
    } catch (error) {
      if (!(error instanceof KeystoneProblem)) throw error;
      this.observe('failed', error);
      throw new Unavailable('Tokens cannot be validated just now. Try again in a moment.', { code: 'identity' });
    }
  }

  private async validate(name: string, key: string): Promise<ExternalUser | null> {
    const startedAt = Date.now();
    if (this.outage && this.outage.until > startedAt) throw this.outage.problem;
    const token = await this.tokenBehind(key).catch((error: unknown) => this.remember(error));
    const isGood = token !== null && token.expiresAt.getTime() > Date.now();
    this.observe(isGood ? 'valid' : 'unknown', null);
    const { cacheMs } = this.options;
    if (!isGood) {
      this.unknown.set(name, null, startedAt + Math.min(cacheMs, KEEP_UNKNOWN_MS));
      return null;
    }
    const { userId: id, username, roles: roleNames } = token;
    const user = { id, username, role: roleOf(token, this.options), roleNames };
    this.users.set(name, user, Math.min(startedAt + cacheMs, token.expiresAt.getTime()));
    return user;
  }

  /** Before the lane goes to the next in line, which would wait for the same. */
  private remember(error: unknown): never {
    const isOutage = error instanceof KeystoneProblem && error.isOutage;
    if (isOutage) this.outage = { problem: error, until: Date.now() + KEEP_OUTAGE_MS };
    throw error;
  }

  /** Keystone may have forgotten our own token, as after a change of its keys: then a new one, once. */
  private async tokenBehind(key: string): Promise<ValidatedToken | null> {
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const serviceKey = await this.session.key();
      const answer = await this.api.validate(serviceKey, key);
      if (answer !== 'refused') return answer;
      this.session.forget(serviceKey);
    }
    throw new KeystoneProblem('Keystone refuses the token it has just given us', false);
  }
}
