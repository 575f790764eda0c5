import { discoveryMessage, unnamed } from './discovery.js';
import { normaliseMac } from './mac.js';

describe('a MAC address', () => {
  it.each([
    ['52:54:00:AB:7E:61', '52:54:00:ab:7e:61'],
    ['52-54-00-ab-7e-61', '52:54:00:ab:7e:61'],
    ['52:54-00:ab-7e:61', '52:54:00:ab:7e:61'],
  ])('%s is %s', (text, mac) => expect(normaliseMac(text)).toBe(mac));

  it.each([
    '',
    '52:54:00:ab:7e',
    '52:54:00:ab:7e:61:00',
    '525400ab7e61',
    'g2:54:00:ab:7e:61',
    ' 52:54:00:ab:7e:61',
    7,
    null,
    [],
    {},
    '52:54:00:ab:7e:61\n',
  ])('%j is none', (text) => expect(normaliseMac(text)).toBeNull());
});

describe('a new node', () => {
  it('is named by the end of its MAC address', () => expect(unnamed('52:54:00:ab:7e:61')).toBe('Untitled (7e:61)'));

  it.each([
    [
      { cpu: { total: 8 }, memory: { total: 17179869184 }, disks: [{ size: 2e12 }, { size: 5e11 }] },
      '8 CPUs / 16.0 GB RAM / 2.5 TB HDD',
    ],
    [
      { cpu: { total: 1 }, memory: { total: 536870912 }, disks: [{ size: 1e11 }] },
      '1 CPUs / 0.5 GB RAM / 100.0 GB HDD',
    ],
    [{}, 'unknown CPUs / unknown RAM / unknown HDD'],
    [{ cpu: 'x', memory: { total: '1' }, disks: [{ size: null }] }, 'unknown CPUs / unknown RAM / unknown HDD'],
    [{ cpu: null, memory: [], disks: [7] }, 'unknown CPUs / unknown RAM / unknown HDD'],
    [{ disks: [] }, 'unknown CPUs / unknown RAM / 0.0 GB HDD'],
  ])('%j reads %s', (meta, text) => expect(discoveryMessage(meta)).toBe(`New node is discovered: ${text}`));
});
