/** An expression that cannot be read or has no value. Its sentence may quote the template, never what was given to it. */
export class ExpressionError extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'ExpressionError';
  }
}
