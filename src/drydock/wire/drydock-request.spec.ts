import { clientContextOf } from './drydock-request.js';

const MARKER = '0b9e1f9c-3d4e-4f5a-8b6c-7d8e9f0a1b2c';

describe('what a client says of where its request comes from', () => {
  it('is a version 4 UUID in either case, and a name', () => {
    const headers = { 'x-context-marker': MARKER.toUpperCase(), 'x-end-user': 'Änne from the lab' };
    expect(clientContextOf({ headers })).toEqual({ contextMarker: MARKER, endUser: 'Änne from the lab' });
  });

  it.each(['', 'x', MARKER.replace('-4f', '-1f'), `${MARKER} `, `${MARKER}0`, MARKER.replaceAll('-', '')])(
    'is left out where the marker is %j',
    (marker) => {
      expect(clientContextOf({ headers: { 'x-context-marker': marker } })).toEqual({});
    },
  );

  it('is left out where the name is none, or many headers came', () => {
    for (const name of ['', 'a\nb', 'a\u0000', 'x'.repeat(256)]) {
      expect(clientContextOf({ headers: { 'x-end-user': name } })).toEqual({});
    }
    expect(clientContextOf({ headers: { 'x-context-marker': [MARKER, MARKER] } })).toEqual({});
  });
});
