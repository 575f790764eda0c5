import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';
import { redacted, redactedText } from './redact.js';

/** The process's log: JSON lines on the standard output, in which nothing named like a secret keeps its value. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (entry: Record<string, unknown>) => redacted(withErrorsAsData(entry)) as Record<string, unknown>,
    },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Nest tells of every module and route it wires up; nobody reads that in a server that works. */
const WIRING = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestFactory', 'NestApplication']);

/** Nest's logger, writing to the same log as Fastify. */
export class PinoLogger implements LoggerService {
  constructor(private readonly sink: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write(WIRING.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest hands over (message, …fields, [stack], context): the last text is the context, one that spans lines a stack. */
  private write(
    level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal',
    message: unknown,
    rest: unknown[],
  ): void {
    const texts = rest.filter((item): item is string => typeof item === 'string');
    const fields = rest.filter((item): item is object => typeof item === 'object' && item !== null);
    const context = texts.findLast((item) => !item.includes('\n'));
    const stack = texts.find((item) => item.includes('\n'));
    const entry: Record<string, unknown> = Object.assign({}, ...fields);
    if (context !== undefined) entry.context = context;
    if (stack !== undefined) entry.stack = stack;
    if (message instanceof Error) this.sink[level]({ ...entry, error: message }, message.message);
    else if (typeof message === 'object' && message !== null) this.sink[level]({ ...entry, ...message });
    else this.sink[level](entry, redactedText(String(message)));
  }
}

function withErrorsAsData(entry: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(entry).map(([name, value]) => [name, value instanceof Error ? errorAsData(value) : value]),
  );
}

/** Only what is known to be safe: a failed statement carries its parameters, and those may be secrets. */
function errorAsData(error: Error, depth = 0): Record<string, unknown> {
  const { code } = error as { code?: unknown };
  const cause = error.cause instanceof Error && depth < 3 ? { cause: errorAsData(error.cause, depth + 1) } : {};
  return { type: error.name, message: error.message, code, stack: error.stack, ...cause };
}
