import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { ExternalTokens } from '../../auth/external-tokens.js';
import { Config } from '../../config/config.js';
import { Metrics } from '../../operations/metrics.js';
import { ReadinessChecks } from '../../operations/readiness-checks.js';
import { ExternalKeystone, type Outcome } from './external-keystone.js';
import { KeystoneApi } from './keystone-api.js';
import { KeystoneProblem } from './keystone-problem.js';
import { ServiceSession } from './service-session.js';

/** Connects the external Keystone of the settings, where there is one, and tells of it. */
@Injectable()
export class ExternalKeystoneService implements OnModuleInit, OnApplicationBootstrap {
  private readonly logger = new Logger('Keystone');
  private session: ServiceSession | null = null;
  /** Null: the last question was answered. */
  private problem: string | null = null;

  constructor(
    private readonly config: Config,
    private readonly tokens: ExternalTokens,
    private readonly checks: ReadinessChecks,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    const { values } = this.config;
    if (values.keystoneAuthUrl === undefined) return;
    const api = new KeystoneApi(values.keystoneAuthUrl, values.keystoneTimeout * 1000);
    this.session = new ServiceSession(api, {
      username: values.keystoneServiceUsername ?? '',
      password: values.keystoneServicePassword ?? '',
      userDomain: values.keystoneServiceUserDomain,
      project: values.keystoneServiceProject,
      projectDomain: values.keystoneServiceProjectDomain,
    });
    const questions = this.metrics.counter<'outcome'>({
      name: 'slipway_keystone_validations_total',
      help: 'Questions to the external Keystone about a token, by outcome',
      labelNames: ['outcome'],
    });
    const options = {
      roles: values.keystoneRoleMap,
      projects: values.keystoneProjects,
      cacheMs: values.keystoneCacheSeconds * 1000,
    };
    const observe = (outcome: Outcome, problem: KeystoneProblem | null) => {
      questions.inc({ outcome });
      this.note(problem);
    };
    this.tokens.register(new ExternalKeystone(api, this.session, options, observe));
    // Our own users and tokens work without it, so it is told of and does not make this process unfit.
    this.checks.register('keystone', () =>
      Promise.resolve(this.problem === null ? { answers: true } : { answers: false, problem: this.problem }),
    );
  }

  /** Our own token there, for services that ask for one; null where there is no external Keystone. Throws `KeystoneProblem`. */
  async serviceKey(): Promise<string | null> {
    return this.session === null ? null : this.session.key();
  }

  /** A service no longer takes it. */
  forgetServiceKey(key: string): void {
    this.session?.forget(key);
  }

  /** A wrong password shows in the log of the start, and not with the first user who comes. */
  onApplicationBootstrap(): void {
    if (this.config.isApi) void this.tryLogIn();
  }

  private async tryLogIn(): Promise<void> {
    if (this.session === null) return;
    try {
      await this.session.key();
    } catch (error) {
      this.note(error instanceof KeystoneProblem ? error : new KeystoneProblem('the log-in failed', false, error));
    }
  }

  private note(problem: KeystoneProblem | null): void {
    const message = problem?.message ?? null;
    if (message === this.problem) return;
    this.problem = message;
    if (problem === null) this.logger.log('the external Keystone answers again');
    else this.logger.warn(`the external Keystone: ${problem.message}${causeOf(problem)}`);
  }
}

function causeOf({ cause }: KeystoneProblem): string {
  if (!(cause instanceof Error)) return '';
  // Node's fetch only says "fetch failed" and has the reason one further down.
  const deepest = cause.cause instanceof Error ? cause.cause : cause;
  return ` (${deepest.message})`;
}
