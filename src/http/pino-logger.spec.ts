import { createLog, PinoLogger } from './pino-logger.js';

function logging(level = 'info') {
  const lines: string[] = [];
  const log = createLog(level, { write: (line) => void lines.push(line) });
  return {
    logger: new PinoLogger(log),
    entries: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

describe('the log', () => {
  it('has one JSON object for each message, with its context', () => {
    const { logger, entries } = logging();
    logger.log('started', 'Queue');
    logger.warn({ jobs: 3, password: 'hunter2' }, 'Queue');
    logger.debug('not at this level', 'Queue');
    expect(entries()).toEqual([
      expect.objectContaining({
        level: 'info',
        msg: 'started',
        context: 'Queue',
        time: expect.stringMatching(/Z$/) as string,
      }),
      expect.objectContaining({ level: 'warn', jobs: 3, password: '[redacted]', context: 'Queue' }),
    ]);
  });

  it('tells an error with its stack and causes, and not what it carries', () => {
    const { logger, entries } = logging();
    const cause = Object.assign(new Error('duplicate key'), { code: '23505', parameters: ['hunter2'] });
    logger.error(new Error('not saved', { cause }), undefined, { requestId: 'r1' });
    expect(entries()).toEqual([
      expect.objectContaining({
        level: 'error',
        msg: 'not saved',
        requestId: 'r1',
        error: expect.objectContaining({
          stack: expect.stringContaining('not saved') as string,
          cause: expect.objectContaining({ code: '23505' }) as object,
        }) as object,
      }),
    ]);
    expect(JSON.stringify(entries())).not.toContain('hunter2');
  });

  it("keeps Nest's wiring to itself", () => {
    const { logger, entries } = logging();
    logger.log('AppModule dependencies initialized', 'InstanceLoader');
    logger.error('Error: it broke\n    at somewhere', 'stack\n  at x', 'Scheduler');
    expect(entries()).toEqual([expect.objectContaining({ context: 'Scheduler', stack: 'stack\n  at x' })]);
  });
});
