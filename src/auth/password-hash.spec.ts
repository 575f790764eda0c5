import { hashPassword, matchesPassword, unmatchableHash } from './password-hash.js';

describe('password hashes', () => {
  it('match their password only, and never look alike', async () => {
    const [one, two] = await Promise.all([hashPassword('päss'), hashPassword('päss')]);
    expect(one).not.toBe(two);
    expect(await matchesPassword('päss', one)).toBe(true);
    expect(await matchesPassword('pass', one)).toBe(false);
    expect(await matchesPassword('', one)).toBe(false);
  });

  it('carry their parameters, so that older ones go on working', async () => {
    // scrypt('pleaseletmein', 'SodiumChloride', N 16384, r 8, p 1): RFC 7914, section 12.
    const key =
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887';
    const encode = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
    const hash = `$scrypt$ln=14,r=8,p=1$${encode(Buffer.from('SodiumChloride'))}$${encode(Buffer.from(key, 'hex'))}`;
    expect(await matchesPassword('pleaseletmein', hash)).toBe(true);
    expect(await matchesPassword('pleaseletmeout', hash)).toBe(false);
  });

  it.each([
    '',
    '-',
    '$scrypt$',
    '$scrypt$ln=15,r=8,p=1$AAAA$A',
    '$scrypt$ln=99,r=8,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$scrypt$ln=15,r=0,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA',
    'päss',
  ])('what is none matches nothing: %j', async (hash) => {
    expect(await matchesPassword('', hash)).toBe(false);
    expect(await matchesPassword('päss', hash)).toBe(false);
  });

  it('of nobody match nothing', async () => {
    expect(await matchesPassword('', unmatchableHash())).toBe(false);
  });
});
