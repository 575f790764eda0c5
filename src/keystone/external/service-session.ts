import type { KeystoneApi, ServiceLogin, ServiceToken } from './keystone-api.js';
import { KeystoneProblem } from './keystone-problem.js';

/** A token is not used to its last moment: the validation it is for has to end before it does. */
const RENEW_BEFORE_MS = 60_000;
/** A refused password is not tried with every request: Keystone may lock the user. */
const KEEP_REFUSAL_MS = 5_000;

/** Our own token there: got when it is first needed, renewed before it ends or when Keystone no longer takes it. */
export class ServiceSession {
  private current: ServiceToken | null = null;
  private arriving: Promise<ServiceToken> | null = null;
  private refusal: { readonly problem: KeystoneProblem; readonly until: number } | null = null;

  constructor(
    private readonly api: Pick<KeystoneApi, 'logIn'>,
    private readonly login: ServiceLogin,
  ) {}

  async key(): Promise<string> {
    if (this.current && this.current.expiresAt.getTime() - RENEW_BEFORE_MS > Date.now()) return this.current.key;
    if (this.refusal && this.refusal.until > Date.now()) throw this.refusal.problem;
    this.arriving ??= this.renew().finally(() => (this.arriving = null));
    return (await this.arriving).key;
  }

  /** Keystone no longer takes this one; a newer one stays. */
  forget(key: string): void {
    if (this.current?.key === key) this.current = null;
  }

  private async renew(): Promise<ServiceToken> {
    try {
      this.current = await this.api.logIn(this.login);
      this.refusal = null;
      return this.current;
    } catch (error) {
      if (error instanceof KeystoneProblem && !error.isOutage) {
        this.refusal = { problem: error, until: Date.now() + KEEP_REFUSAL_MS };
      }
      throw error;
    }
  }
}
