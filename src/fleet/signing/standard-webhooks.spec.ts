import { Webhook } from 'standardwebhooks';
import { isRecent, isSignedBy, keyOfSecret, signatureOf } from './standard-webhooks.js';

const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(24, 4).toString('base64')}`;

describe('signatures of Standard Webhooks', () => {
  const timestamp = Math.floor(Date.now() / 1000);
  const message = { id: 'evt_1', timestamp, body: '{"name":"Grüße 😀"}' };

  it('are what the receivers’ own library verifies, and the other way round', () => {
    const headers = { 'webhook-id': message.id, 'webhook-timestamp': String(timestamp) };
    const signature = signatureOf([OTHER, SECRET], message);
    for (const secret of [SECRET, OTHER]) {
      expect(new Webhook(secret).verify(message.body, { ...headers, 'webhook-signature': signature })).toEqual({
        name: 'Grüße 😀',
      });
    }
    const theirs = new Webhook(SECRET).sign(message.id, new Date(timestamp * 1000), message.body);
    expect(isSignedBy(SECRET, message, theirs)).toBe(true);
    expect(isSignedBy(SECRET, { ...message, body: Buffer.from(message.body) }, `v1,AAAA v2,x ${theirs}`)).toBe(true);
  });

  it('are wrong with another secret, id, time or body, or when they are none', () => {
    const right = signatureOf([SECRET], message);
    expect(isSignedBy(OTHER, message, right)).toBe(false);
    expect(isSignedBy(SECRET, { ...message, id: 'evt_2' }, right)).toBe(false);
    expect(isSignedBy(SECRET, { ...message, timestamp: timestamp + 1 }, right)).toBe(false);
    expect(isSignedBy(SECRET, { ...message, body: `${message.body} ` }, right)).toBe(false);
    for (const none of ['', 'v1,', 'v1', right.slice(3), right.replace('v1,', 'v2,'), 'v1,%%%', 'x '.repeat(1000)]) {
      expect([none, isSignedBy(SECRET, message, none)]).toEqual([none, false]);
    }
  });

  it('have keys of 24 to 64 bytes', () => {
    const of = (bytes: number) => `whsec_${Buffer.alloc(bytes, 1).toString('base64')}`;
    expect([23, 24, 64, 65].map((bytes) => keyOfSecret(of(bytes))?.length ?? null)).toEqual([null, 24, 64, null]);
    for (const none of ['', 'whsec_', SECRET.slice(6), `${SECRET} `, `${SECRET}=`, SECRET.replace('whsec', 'WHSEC')]) {
      expect([none, keyOfSecret(none)]).toEqual([none, null]);
    }
  });

  it('are recent within five minutes, either way', () => {
    const now = new Date(1_800_000_000_000);
    expect([-301, -300, 0, 300, 301].map((off) => isRecent(1_800_000_000 + off, now))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
    expect(isRecent(NaN, now)).toBe(false);
  });
});
