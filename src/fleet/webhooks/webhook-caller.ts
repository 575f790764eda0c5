import { Injectable } from '@nestjs/common';
import { ActionError } from '../../common/errors.js';
import { Config } from '../../config/config.js';
import { type HttpAnswer, HttpCaller } from '../../drivers/http-call/http-caller.js';
import { retryAfterSeconds } from './retries.js';
import { headersOf, type WebhookMessage } from './webhook-message.js';

/** Where to, and signed with what. */
export interface Receiver {
  readonly url: string;
  /** In clear; the newest first. */
  readonly secrets: readonly string[];
}

/** `gone`: the receiver says that it wants no more of this, ever. */
export interface Answer {
  readonly outcome: 'delivered' | 'failed' | 'gone';
  readonly httpStatus: number | null;
  readonly error: string | null;
  readonly retryAfterS: number | null;
}

const TIMEOUT_MS = 15_000;
const LONGEST_ANSWER = 1024 * 1024;
const GONE = 410;

/** Delivers one event. Goes only where SLIPWAY_WEBHOOK_ALLOW lets it, told by the address that is connected to. */
@Injectable()
export class WebhookCaller {
  private readonly http: HttpCaller;

  constructor({ values }: Config) {
    this.http = new HttpCaller({
      allow: values.webhookAllow,
      allowSetting: 'SLIPWAY_WEBHOOK_ALLOW',
      mostBytes: LONGEST_ANSWER,
    });
  }

  /** Throws only when `signal` says stop: everything else is an answer. */
  async deliver(receiver: Receiver, message: WebhookMessage, signal: AbortSignal): Promise<Answer> {
    try {
      const headers = headersOf(message, receiver.secrets, new Date());
      const { url } = receiver;
      const request = { method: 'POST', url, headers, body: message.body, timeoutMs: TIMEOUT_MS };
      return judged(await this.http.call(request, signal));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ActionError)) throw error;
      return {
        outcome: 'failed',
        httpStatus: null,
        error: withoutPath(error.message, receiver.url),
        retryAfterS: null,
      };
    }
  }
}

/** A redirection is no delivery: it could lead where nobody allowed. */
function judged({ status, reason, headers }: HttpAnswer): Answer {
  if (status >= 200 && status < 300)
    return { outcome: 'delivered', httpStatus: status, error: null, retryAfterS: null };
  return {
    outcome: status === GONE ? 'gone' : 'failed',
    httpStatus: status,
    error: `it answered ${status} ${reason}`.trim().slice(0, 200),
    retryAfterS: retryAfterSeconds(headers['retry-after']),
  };
}

/** The path of a receiver's address is often the secret that lets one in. */
function withoutPath(text: string, url: string): string {
  const { origin, pathname } = new URL(url);
  return text.replaceAll(`${origin}${pathname}`, origin);
}
