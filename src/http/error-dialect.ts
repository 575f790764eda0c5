import type { FastifyRequest } from 'fastify';
import type { DomainError } from '../common/errors.js';
import type { FrameworkError } from './framework-error.js';

export interface RenderedError {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** How one dialect words a refusal, whoever made it: its own handlers, a guard, or the plumbing. Must be pure. */
export interface ErrorDialect {
  readonly name: string;
  /** Paths it answers for, without a trailing slash: `/api/upgrade` covers `/api/upgrade` and all below it. */
  readonly prefixes: readonly string[];
  render(error: DomainError | FrameworkError, request: FastifyRequest): RenderedError;
}
