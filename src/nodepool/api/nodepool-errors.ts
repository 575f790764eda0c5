import { STATUS_CODES } from 'node:http';
import type { FastifyRequest } from 'fastify';
import type { DomainError } from '../../common/errors.js';
import type { ErrorDialect, RenderedError } from '../../http/error-dialect.js';
import { FrameworkError } from '../../http/framework-error.js';
import { statusOf } from '../../http/status-of.js';
import { acceptedFormat } from './accepted-format.js';

/** What upstream's error object holds (spec nodepool section 1.3). */
interface ErrorView {
  readonly code: number;
  readonly title: string;
  readonly description: string | null;
}

/** Offered in this order: JSON unless the client prefers another explicitly. */
const FORMATS = ['application/json', 'text/html', 'text/plain'];

/** How the Nodepool dialect words a refusal, whoever made it. */
export const NODEPOOL_ERRORS: ErrorDialect = {
  name: 'nodepool',
  prefixes: ['/v1'],
  render: renderNodepoolError,
};

export function renderNodepoolError(error: DomainError | FrameworkError, request: FastifyRequest): RenderedError {
  const status = isOddPath(error) ? 404 : statusOf(error);
  const title = STATUS_CODES[status] ?? 'Error';
  const view: ErrorView = { code: status, title, description: descriptionOf(error) };
  const headers: Record<string, string> = status === 401 ? { 'WWW-Authenticate': 'Basic realm="nodepool"' } : {};
  const format = acceptedFormat(request, FORMATS) ?? FORMATS[0];
  return { status, headers: { ...headers, 'Content-Type': `${format}; charset=utf-8` }, body: bodyOf(view, format) };
}

function bodyOf(view: ErrorView, format: string | undefined): unknown {
  const { code, title, description } = view;
  if (format === 'text/plain') return `${code} ${title}\n\n${description ?? ''}\n`;
  if (format !== 'text/html') return view;
  const heading = `${code} ${title}`;
  const text = escaped(description ?? '');
  return `<!doctype html>\n<html><head><title>${heading}</title></head><body><h1>${heading}</h1><p>${text}</p></body></html>\n`;
}

/** An id too long or too oddly encoded for the router is an id that does not exist. */
function isOddPath(error: DomainError | FrameworkError): boolean {
  return error instanceof FrameworkError && error.code === 'bad_url';
}

function descriptionOf(error: DomainError | FrameworkError): string | null {
  if (error instanceof FrameworkError && error.code === 'route_not_found') return null;
  return error.message;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
