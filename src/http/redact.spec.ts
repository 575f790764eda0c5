import { redacted, redactedText, redactedUrl } from './redact.js';

describe('redacted', () => {
  it('masks whatever is named like a secret, at any depth, and nothing else', () => {
    const entry = {
      username: 'ada',
      password: 'hunter2',
      headers: {
        Authorization: 'Token abc',
        'x-auth-token': 'abc',
        'x-bootaction-key': 'abc',
        cookie: 'a=b',
        accept: '*/*',
      },
      list: [{ privateKey: 'pem', passphrase: 'p', secret_key: 's', apiKey: 'k', key: 'k', status: 'passed' }],
      monkey: 'fine',
    };
    expect(redacted(entry)).toEqual({
      username: 'ada',
      password: '[redacted]',
      headers: {
        Authorization: '[redacted]',
        'x-auth-token': '[redacted]',
        'x-bootaction-key': '[redacted]',
        cookie: '[redacted]',
        accept: '*/*',
      },
      list: [
        {
          privateKey: '[redacted]',
          passphrase: '[redacted]',
          secret_key: '[redacted]',
          apiKey: '[redacted]',
          key: '[redacted]',
          status: 'passed',
        },
      ],
      monkey: 'fine',
    });
  });

  it('shows no bytes and ends in a circle', () => {
    const circle: Record<string, unknown> = { bytes: Buffer.from('secret') };
    circle.again = circle;
    expect(JSON.stringify(redacted(circle))).not.toContain('secret');
  });
});

describe('redactedText', () => {
  it.each([
    ['login with Token 0123456789abcdef failed', 'login with Token [redacted] failed'],
    ['authorization: Basic YWRtaW46aHVudGVyMg==', 'authorization: Basic [redacted]'],
    ['connect postgres://slipway:hunter2@db:5432/x', 'connect postgres://slipway:[redacted]@db:5432/x'],
    ['http://db:5432/ and token bucket', 'http://db:5432/ and token bucket'],
  ])('%s', (text, expected) => {
    expect(redactedText(text)).toBe(expected);
  });
});

describe('redactedText of a path somebody chose to be slow', () => {
  it.each(['a.', 'a-', '://a', '://a:', 'Token ', 'Basic a'])('%s', (piece) => {
    const startedAt = performance.now();
    redactedText(piece.repeat(60_000 / piece.length));
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

describe('redactedUrl', () => {
  it.each([
    ['/a/b', '/a/b'],
    ['/a?page=2&access_token=abc&q=x', '/a?page=2&access_token=[redacted]&q=x'],
    ['/a?pass%77ord=abc', '/a?pass%77ord=[redacted]'],
    ['/a?%zz=abc&token', '/a?%zz=abc&token'],
    ['/keystone/v2.0/tokens/abc', '/keystone/v2.0/tokens/[redacted]'],
    ['/keystone/v2.0/%74okens/abc/endpoints?a=b', '/keystone/v2.0/%74okens/[redacted]/endpoints?a=b'],
    ['/keystone/v2.0/tokens/', '/keystone/v2.0/tokens/'],
    ['/api/users/tokens/12/', '/api/users/tokens/12/'],
  ])('%s', (url, expected) => {
    expect(redactedUrl(url)).toBe(expected);
  });
});
