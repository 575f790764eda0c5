import { randomUUID } from 'node:crypto';
import { ActionError } from '../../common/errors.js';
import type { HttpAnswer, HttpRequest } from '../../drivers/http-call/http-caller.js';
import type { StepOutcome } from '../../orchestration/step-handler.js';
import { answerOf, exportsOf } from './exports.js';
import type { WorkContext, WorkHandler } from './step-work.js';
import { failedTry, masking, numberOf, pairsOf, textOf, unfit } from './work-text.js';

/** The try that is under way. */
interface Try {
  /** Its action. */
  readonly uuid: string;
  readonly since: number;
  readonly lines: number;
  /** A request that must not be sent twice is under way, and its answer was not seen yet. */
  readonly isSent: boolean;
}

const LONGEST_S = 60;
const LONGEST_POLL_S = 600;
const POLL_S = 5;
const EXCERPT = 2_000;
/** Sending these again does nothing new (RFC 9110 section 9.2.2). */
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
const METHODS = new Set([...REPEATABLE, 'POST', 'PATCH']);

/** Calls a web service, with `until` again and again (spec environments section 5.3). */
export const httpStep: WorkHandler = {
  async run(context) {
    const request = requestOf(context);
    return new HttpRun(context, request, await theTry(context)).go();
  },
};

async function theTry(context: WorkContext): Promise<Try> {
  const known = context.step.state?.['try'] as Try | null | undefined;
  if (known) return known;
  const begun = { uuid: randomUUID(), since: context.now(), lines: 0, isSent: false };
  await context.remember({ try: begun });
  return begun;
}

function requestOf(context: WorkContext): HttpRequest {
  const work = context.subject;
  const method = (textOf(work, 'method') ?? 'GET').toUpperCase();
  if (!METHODS.has(method)) throw unfit(`${method} is no method that can be called`);
  const { json } = work.definition.settings;
  const headers = { ...pairsOf(work, 'headers') };
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  if (json !== undefined && !hasType) headers['content-type'] = 'application/json';
  const timeoutMs = Math.max(1, work.definition.timeoutSec ?? LONGEST_S) * 1000;
  return {
    method,
    url: textOf(work, 'url') ?? '',
    headers,
    body: json === undefined ? textOf(work, 'body') : JSON.stringify(json),
    timeoutMs: Math.min(timeoutMs, LONGEST_S * 1000),
  };
}

class HttpRun {
  private readonly mask: (text: string) => string;
  private readonly until: string | null;

  constructor(
    private readonly context: WorkContext,
    private readonly request: HttpRequest,
    private attempt: Try,
  ) {
    this.mask = masking(context.subject);
    this.until = textOf(context.subject, 'until');
  }

  async go(): Promise<StepOutcome> {
    const { record } = this.context.subject;
    const description = this.mask(`${this.request.method} ${this.request.url}`);
    await record.startAction({ uuid: this.attempt.uuid, name: 'HTTP request', description });
    if (this.attempt.isSent) {
      return this.failed('The request was sent, and its answer was lost with the process that waited for it');
    }
    const answer = await this.ask();
    if (typeof answer === 'string') return this.notYet(answer, true);
    const problem = this.problemOf(answer);
    if (problem !== null) return this.notYet(problem, this.until !== null);
    const found = foundOf(answer);
    if (this.until !== null && this.answerOf(this.until, found) !== true) {
      return this.notYet(`${this.until} is not true yet`, true);
    }
    const exports = await this.exports(found);
    await record.endAction(this.attempt.uuid, 'Successful');
    return { outcome: 'success', result: { exports } };
  }

  /** The answer, or why there is none. */
  private async ask(): Promise<HttpAnswer | string> {
    const { signal, subject } = this.context;
    const isOnce = !REPEATABLE.has(this.request.method);
    if (isOnce) await this.update({ isSent: true });
    try {
      const answer = await subject.drivers.http.call(this.request, signal);
      await this.log(`${answer.status} ${answer.reason}`.trim(), ...excerptOf(answer.text));
      if (isOnce) await this.update({ isSent: false });
      return answer;
    } catch (error) {
      if (!(error instanceof ActionError)) throw error;
      await this.log(error.message);
      if (!error.retryable) throw await this.ended(error.message, unfit);
      return error.message;
    }
  }

  private problemOf(answer: HttpAnswer): string | null {
    const wanted = [this.context.subject.definition.settings['expectStatus'] ?? []].flat().map(Number);
    const isExpected = wanted.length > 0 ? wanted.includes(answer.status) : answer.status >= 200 && answer.status < 300;
    if (isExpected) return null;
    const expected = wanted.length > 0 ? wanted.join(' or ') : '2xx';
    return `FAILURE: The answer was ${answer.status}, expected ${expected}`;
  }

  /** With `until`, whatever is not the awaited answer is asked again until the step's time is over. */
  private async notYet(problem: string, mayAskAgain: boolean): Promise<StepOutcome> {
    const { context, attempt, until } = this;
    const timeoutS = context.subject.definition.timeoutSec ?? LONGEST_POLL_S;
    if (until === null || !mayAskAgain) return this.failed(problem);
    if (context.now() - attempt.since > timeoutS * 1000) {
      return this.failed(`FAILURE: ${problem}; given up after ${timeoutS} s`);
    }
    const afterMs = Math.max(0.1, numberOf(context.subject, 'pollSec', POLL_S)) * 1000;
    if (attempt.isSent) await this.update({ isSent: false });
    return { outcome: 'again', afterMs, waitingFor: this.mask(problem) };
  }

  private async exports(found: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
    try {
      return exportsOf(this.context.subject, found);
    } catch (error) {
      return this.failed((error as Error).message);
    }
  }

  private answerOf(expression: string, found: Readonly<Record<string, unknown>>): unknown {
    try {
      return answerOf('until', expression, this.context.subject, found);
    } catch {
      // What is asked about may not be in the answer yet.
      return undefined;
    }
  }

  private async failed(problem: string): Promise<never> {
    await this.log(problem);
    throw await this.ended(problem, failedTry);
  }

  private async ended(problem: string, as: (message: string) => ActionError): Promise<ActionError> {
    const message = this.mask(problem);
    await this.context.subject.record.endAction(this.attempt.uuid, 'Failed', message);
    await this.context.remember({ try: null });
    return as(message);
  }

  private async log(...lines: string[]): Promise<void> {
    const entries = lines.map((text, at) => ({ text: this.mask(text), position: this.attempt.lines + at }));
    await this.context.subject.record.log(this.attempt.uuid, entries);
    await this.update({ lines: this.attempt.lines + lines.length });
  }

  private async update(change: Partial<Try>): Promise<void> {
    this.attempt = { ...this.attempt, ...change };
    await this.context.remember({ try: this.attempt });
  }
}

/** What expressions may read of an answer: its body as JSON where it is some. */
function foundOf({ status, headers, text }: HttpAnswer): Record<string, unknown> {
  try {
    return { status, headers, body: JSON.parse(text) as unknown };
  } catch {
    return { status, headers, body: text };
  }
}

function excerptOf(text: string): string[] {
  if (text.trim() === '') return [];
  const excerpt = text.length > EXCERPT ? `${text.slice(0, EXCERPT)}…` : text;
  return excerpt.replaceAll('\0', '\uFFFD').split(/\r?\n/);
}
