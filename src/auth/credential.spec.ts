import { basicCredential, cookieCredential, headerCredential, keyCredential } from './credential.js';

const encoded = (text: string) => Buffer.from(text).toString('base64');

describe('credentials in headers', () => {
  it.each([
    ['Token abc', 'abc'],
    ['token abc', 'abc'],
    ['  TOKEN   abc  ', 'abc'],
    ['Token a b', 'a b'],
    ['Token', null],
    ['Token ', null],
    ['Tokenabc', null],
    ['Bearer abc', null],
    ['', null],
    [undefined, null],
  ])('%j shows the token %j', (authorization, key) => {
    expect(keyCredential('token', { authorization })).toEqual(key && { scheme: 'token', key });
  });

  it('takes no longer for a key that is mostly blanks', () => {
    const startedAt = performance.now();
    expect(keyCredential('token', { authorization: `Token a${' '.repeat(60_000)}b` })).not.toBeNull();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it('reads X-Auth-Token', () => {
    expect(headerCredential({ 'x-auth-token': ' abc ' })).toEqual({ scheme: 'x-auth-token', key: 'abc' });
    expect(headerCredential({ 'x-auth-token': '' })).toBeNull();
    expect(headerCredential({})).toBeNull();
  });

  it.each([
    ['token=abc', 'abc'],
    ['a=b; token=abc=; c=d', 'abc='],
    ['token="abc"', 'abc'],
    ['token=', null],
    ['mytoken=abc', null],
    ['token', null],
    [undefined, null],
  ])('%j is a cookie with the key %j', (cookie, key) => {
    expect(cookieCredential({ cookie })).toEqual(key && { scheme: 'cookie', key });
  });

  it.each([
    [`Basic ${encoded('u:p')}`, { username: 'u', password: 'p' }],
    [`basic  ${encoded('u:p:q:')}`, { username: 'u', password: 'p:q:' }],
    [`Basic ${encoded('ü:☂')}`, { username: 'ü', password: '☂' }],
    [`Basic ${encoded(':')}`, { username: '', password: '' }],
    [`Basic ${encoded('nocolon')}`, null],
    ['Basic %%%', null],
    [`FooBasic ${encoded('u:p')}`, null],
    ['Basic', null],
  ])('%j shows %j', (authorization, credential) => {
    expect(basicCredential({ authorization })).toEqual(credential);
  });
});
