import ssh2 from 'ssh2';
import type { AnyAuthMethod, AuthenticationType, KeyboardInteractiveCallback, ParsedKey, Prompt } from 'ssh2';
import { DriverError } from '../device-driver.js';
import type { SshHost } from './ssh-host.js';

type Method = Extract<AuthenticationType, 'none' | 'publickey' | 'password' | 'keyboard-interactive'>;

/** Reads the private key before anything is dialled, so that a bad key or passphrase is told as what it is. */
export function parsePrivateKey(device: SshHost): ParsedKey | null {
  if (!device.privateKey) return null;
  const parsed = ssh2.utils.parseKey(device.privateKey, device.passphrase ?? undefined);
  const key = Array.isArray(parsed) ? (parsed[0] as ParsedKey | Error) : parsed;
  if (key instanceof Error) {
    // The library's text names what is wrong with the key, never a part of it.
    const wrong = /passphrase|integrity|decrypt/i.test(key.message);
    const reason = wrong
      ? 'it is encrypted and the passphrase is missing or wrong'
      : 'it is not a readable OpenSSH key';
    throw new DriverError('auth_failed', `The private key of ${device.hostname} cannot be used: ${reason}`);
  }
  if (!key.isPrivateKey()) {
    throw new DriverError('auth_failed', `The private key of ${device.hostname} cannot be used: it is a public key`);
  }
  return key;
}

/**
 * Chooses the next way to log in: key, then password, then keyboard-interactive with the password (TACACS, RADIUS).
 * One wrong password is offered once: a second try by another method would lock accounts twice as fast.
 */
export class LoginMethods {
  private readonly left: Method[];
  private passwordRefused = false;
  private current: Method | null = null;

  constructor(
    private readonly device: SshHost,
    private readonly key: ParsedKey | null,
    private readonly giveUp: (error: DriverError) => void,
  ) {
    this.left = ['none'];
    if (key) this.left.push('publickey');
    if (device.password !== null) this.left.push('password', 'keyboard-interactive');
  }

  /** `allowed` is what the server would still take; null or empty when it does not say. */
  next(allowed: readonly string[] | null, partial: boolean | null): AnyAuthMethod | false {
    if (this.current === 'password' && partial !== true) this.passwordRefused = true;
    for (let method = this.left.shift(); method !== undefined; method = this.left.shift()) {
      if (!this.mayTry(method, allowed ?? [])) continue;
      this.current = method;
      return this.describe(method);
    }
    return false;
  }

  private mayTry(method: Method, allowed: readonly string[]): boolean {
    if (allowed.length === 0) return true;
    if (method === 'keyboard-interactive' && this.passwordRefused && allowed.includes('password')) return false;
    return allowed.includes(method);
  }

  private describe(method: Method): AnyAuthMethod {
    const username = this.device.username ?? '';
    if (method === 'publickey' && this.key) return { type: 'publickey', username, key: this.key };
    if (method === 'password') return { type: 'password', username, password: this.device.password ?? '' };
    if (method === 'keyboard-interactive') {
      return { type: 'keyboard-interactive', username, prompt: this.prompter() };
    }
    return { type: 'none', username };
  }

  private prompter() {
    let passwordsGiven = 0;
    return (
      _name: string,
      _text: string,
      _language: string,
      prompts: Prompt[],
      finish: KeyboardInteractiveCallback,
    ) => {
      const answers: string[] = [];
      for (const prompt of prompts) {
        if (prompt.echo) {
          answers.push(this.device.username ?? '');
          continue;
        }
        passwordsGiven += 1;
        if (passwordsGiven > 1) {
          this.giveUp(
            new DriverError('auth_failed', `${this.device.hostname} asks for more than a password, or refused it`),
          );
          return;
        }
        answers.push(this.device.password ?? '');
      }
      finish(answers);
    };
  }
}
