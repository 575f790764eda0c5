import { REDACTED } from '../../drivers/ssh/redact.js';
import { maskSecrets } from './mask-secrets.js';
import { masking } from './work-text.js';

describe('masking', () => {
  it('takes a secret whole where another is a part of it', () => {
    expect(maskSecrets('abcd and abc', ['abc', 'abcd'])).toBe(`${REDACTED} and ${REDACTED}`);
  });

  it.each(['7', 'ä', '$', '-', '\\', 'ab', '.*', '𝒳'])(
    'takes %s as a word of its own, and leaves words it is in',
    (secret) => {
      for (const mask of [(text: string) => maskSecrets(text, [secret]), masking({ secrets: [secret] })]) {
        expect(mask(`pin=${secret} "${secret}" is ${secret}`)).toBe(`pin=${REDACTED} "${REDACTED}" is ${REDACTED}`);
        expect(mask(`x${secret}y 1${secret}1`)).toBe(`x${secret}y 1${secret}1`);
      }
    },
  );

  it('masks nothing for an empty one, and no word twice', () => {
    expect(maskSecrets('a b', [''])).toBe('a b');
    expect(maskSecrets('open sesame *', ['open sesame', '*'])).toBe(`${REDACTED} ${REDACTED}`);
  });
});
