import { hashPassword } from './password-hash.js';
import { PasswordVerifier } from './password-verifier.js';

describe('the password verifier', () => {
  it('compares the same pair once, right or wrong, also when asked many times at once', async () => {
    const verifier = new PasswordVerifier();
    const hash = await hashPassword('right');
    const many = <T>(ask: () => T): T[] => Array.from({ length: 100 }, ask);
    const right = many(() => verifier.verify('u', 'right', hash));
    const wrong = many(() => verifier.verify('u', 'wrong', hash));
    const nobody = many(() => verifier.verify('x', 'right', null));
    // One and the same promise: there was one comparison.
    for (const asked of [right, wrong, nobody]) expect(new Set(asked).size).toBe(1);
    expect(await right[0]).toBe(true);
    expect(await wrong[0]).toBe(false);
    expect(await nobody[0]).toBe(false);
    expect(verifier.verify('u', 'right', hash)).toBe(right[0]);
  });

  it('compares again when the hash is another one', async () => {
    const verifier = new PasswordVerifier();
    expect(await verifier.verify('u', 'old', await hashPassword('old'))).toBe(true);
    expect(await verifier.verify('u', 'old', await hashPassword('new'))).toBe(false);
  });
});
