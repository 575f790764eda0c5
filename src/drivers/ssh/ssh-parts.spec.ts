import { BoundedText } from './exec.js';
import { fingerprintOf, judgeHostKey, keyTypeOf } from './host-key.js';
import { REDACTED, redactor, redactUrls, secretsOf } from './redact.js';
import { toDriverError } from './ssh-errors.js';

describe('host keys', () => {
  // Made by ssh-keygen -t ed25519; the fingerprint is what ssh-keygen -lf printed.
  const blob = Buffer.from('AAAAC3NzaC1lZDI1NTE5AAAAIMe9Rmv20zXCkX6MGTXjJEkWQ/BnO9e22tEzToAmFbO/', 'base64');
  const device = { hostname: 'h', hostKeyPolicy: 'tofu' as const, hostKey: null };

  it('prints the fingerprint in the form of ssh-keygen and names the type', () => {
    expect(fingerprintOf(blob)).toBe('SHA256:hFqbIHkqpEwgnTDCzK9iPBphEwhEWO1DBxL9jIT79bo');
    expect(keyTypeOf(blob)).toBe('ssh-ed25519');
    expect(keyTypeOf(Buffer.from('\0\0\0\x04\x1b[31'))).toBe('unknown type');
    expect(keyTypeOf(Buffer.alloc(0))).toBe('unknown type');
  });

  it('accepts a stored key written with padding', () => {
    expect(judgeHostKey({ ...device, hostKey: `${fingerprintOf(blob)}=` }, fingerprintOf(blob), 'ssh-ed25519')).toBe(
      'accept',
    );
  });

  it('learns only under "tofu"', () => {
    expect(judgeHostKey(device, 'SHA256:x', 't')).toBe('learn');
    expect(judgeHostKey({ ...device, hostKeyPolicy: 'off' }, 'SHA256:x', 't')).toBe('accept');
    expect(judgeHostKey({ ...device, hostKeyPolicy: 'strict' }, 'SHA256:x', 't')).toMatchObject({
      options: { code: 'host_key_unknown' },
    });
  });
});

describe('redaction', () => {
  it('takes out known secrets, the longest first, also URL-encoded', () => {
    const redact = redactor(['pass', 'pass word/1', null, '']);
    expect(redact('x pass word/1 y pass z pass%20word%2F1')).toBe(`x ${REDACTED} y ${REDACTED} z ${REDACTED}`);
  });

  it('takes out every line of a private key', () => {
    const privateKey =
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE\nQUFBQUFBQUFB\n-----END OPENSSH PRIVATE KEY-----\n';
    const redact = redactor(secretsOf({ password: null, secret: null, passphrase: null, privateKey }));
    expect(redact(`error near b3BlbnNzaC1rZXktdjE: ${privateKey}`)).not.toMatch(/b3Blb|QUFB/);
  });

  it('takes user and password out of URLs and leaves the rest', () => {
    expect(redactUrls('copy scp://bob:s3cr3t@10.0.0.1/a.bin flash:')).toBe(
      `copy scp://${REDACTED}@10.0.0.1/a.bin flash:`,
    );
    expect(redactUrls('http://tok3n@host/x and //u:p@ss@h/')).toBe(`http://${REDACTED}@host/x and //${REDACTED}@h/`);
    expect(redactUrls('see http://host/a@b and mail bob@host')).toBe('see http://host/a@b and mail bob@host');
  });
});

describe('errors of the library', () => {
  it.each([
    ['All configured authentication methods failed', { level: 'client-authentication' }, 'login', 'auth_failed'],
    ['Too many authentication failures', { code: 2 }, 'login', 'auth_failed'],
    ['connect ECONNREFUSED', { level: 'client-socket', code: 'ECONNREFUSED' }, 'connecting', 'unreachable'],
    ['Handshake failed: no matching key exchange algorithm', { level: 'handshake' }, 'connecting', 'unsupported'],
    ['Handshake failed: no matching C->S cipher', { level: 'handshake' }, 'connecting', 'unsupported'],
    ['read ECONNRESET', { level: 'client-socket', code: 'ECONNRESET' }, 'ready', 'connection_lost'],
    ['Keepalive timeout', { level: 'client-timeout' }, 'ready', 'connection_lost'],
  ] as const)('%s', (message, more, phase, code) => {
    expect(toDriverError(Object.assign(new Error(message), more), phase, 'host:22').code).toBe(code);
  });
});

describe('BoundedText', () => {
  it('leaves a short output as it is and counts what it drops of a long one', () => {
    const short = new BoundedText(10);
    short.add('01234');
    short.add('56789');
    expect(short.toString()).toBe('0123456789');
    short.add('abc');
    expect(short.toString()).toBe('01234\n[… 3 characters left out …]\n89abc');
  });
});
