/**
 * Why an external Keystone could not be asked. The message is for the log and the health page: it names what went wrong
 * and never a token, a password or an answer's text.
 */
export class KeystoneProblem extends Error {
  constructor(
    message: string,
    /** No connection, or no answer in time: whoever asks next would wait for the same. */
    readonly isOutage: boolean,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'KeystoneProblem';
  }
}
