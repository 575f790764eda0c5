import { isAllowedFrom, normaliseNetwork } from './allowed-networks.js';

describe('the networks a token is allowed from', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8'],
    [' 10.1.2.3/8 ', '10.0.0.0/8'],
    ['192.0.2.1', '192.0.2.1/32'],
    ['2001:DB8::1/32', '2001:db8::/32'],
    ['::1', '::1/128'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['::/0', '::/0'],
  ])('%s is %s', (text, network) => expect(normaliseNetwork(text)).toBe(network));

  it.each([
    '',
    '10.0.0',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '10.0.0.0/8.5',
    'localhost',
    '0x0a000001',
    '10',
    '::/129',
    'fe80::1%eth0',
    '300.1.1.1',
    '10.0.0.0/ 8',
    '1.2.3.4\0',
  ])('%j is none', (text) => expect(normaliseNetwork(text)).toBeNull());

  it.each([
    ['10.9.9.9', ['10.0.0.0/8'], true],
    ['11.0.0.1', ['10.0.0.0/8'], false],
    ['::ffff:10.9.9.9', ['10.0.0.0/8'], true],
    ['10.9.9.9', ['::/0'], false],
    ['2001:db8::5', ['10.0.0.0/8', '2001:db8::/32'], true],
    ['2001:db9::5', ['2001:db8::/32'], false],
    ['anything', [], true],
    ['anything', ['0.0.0.0/0'], false],
    ['10.0.0.1', ['nonsense'], false],
  ])('%s from %j: %s', (address, networks, allowed) => expect(isAllowedFrom(address, networks)).toBe(allowed));
});
