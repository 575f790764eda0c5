import { errorAnswer } from './error-answer.js';
import { conditionsOf, orderOf, type Listing } from './listing.js';
import { pageBody, pageRequest } from './page.js';
import { Refused, Throttled, Unauthenticated } from '../../common/errors.js';
import { invalidField } from './refusals.js';

const listing: Listing = {
  search: ['d.hostname'],
  ordering: { hostname: 'd.hostname' },
  defaultOrder: 'd.id',
  tieBreaker: 'd.id',
  filters: { hostname: { kind: 'text', column: 'd.hostname' }, site: { kind: 'integer', column: 'd.site_id' } },
};

describe('a page', () => {
  it('links to its neighbours and keeps the other parameters', () => {
    const body = pageBody('http://h:1/api/x/?search=a&page=2', pageRequest({ page: '2' }), 250, [1]);
    expect(body).toEqual({
      count: 250,
      next: 'http://h:1/api/x/?search=a&page=3',
      previous: 'http://h:1/api/x/?search=a',
      results: [1],
    });
  });

  it('that is the only one has no links, also when it is empty', () => {
    expect(pageBody('http://h/x', pageRequest({}), 0, [])).toEqual({
      count: 0,
      next: null,
      previous: null,
      results: [],
    });
  });

  it.each(['0', '-1', 'abc', '1.5', '', '9'.repeat(30)])('%j is an invalid page', (page) => {
    expect(() => pageRequest({ page })).toThrow('Invalid page.');
  });

  it('beyond the last is an invalid page', () => {
    expect(() => pageBody('http://h/x', pageRequest({ page: '2' }), 100, [])).toThrow('Invalid page.');
  });
});

describe('a listing', () => {
  it('orders by declared fields only and ends with the tie breaker', () => {
    expect(orderOf(listing, { ordering: '-hostname,password;drop' })).toEqual([
      { sql: 'd.hostname', direction: 'DESC' },
      { sql: 'd.id', direction: 'ASC' },
    ]);
  });

  it('keeps wildcards of a search literal and the text out of the SQL', () => {
    expect(conditionsOf(listing, { search: "50%_'" })).toEqual([
      { sql: '(d.hostname ILIKE :search0)', parameters: { search0: "%50\\%\\_'%" } },
    ]);
  });

  it('refuses a filter that cannot be read, and finds nothing for an id no row has', () => {
    expect(() => conditionsOf(listing, { site: 'abc' })).toThrow('Enter a number.');
    expect(conditionsOf(listing, { site: '99999999999' })).toEqual([{ sql: '1 = 0', parameters: {} }]);
    expect(() => conditionsOf(listing, { hostname: '\0' })).toThrow('Null characters');
  });
});

describe('an error answer', () => {
  it.each([
    [new Unauthenticated('x', { code: 'expired' }), 401, { detail: 'API key has expired' }],
    [new Refused('x', { code: 'read_only' }), 403, { detail: 'Token is read-only.' }],
    [new Throttled('x', 3.2), 429, { detail: 'Request was throttled. Expected available in 4 seconds.' }],
    [invalidField('a', 'b'), 400, { a: ['b'] }],
    [Object.assign(new Error('x'), { driverError: { code: '22021' } }), 400, { detail: 'A value cannot be stored.' }],
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 503, { detail: expect.any(String) as string }],
    [new Error('secret'), 500, { detail: 'A server error occurred.' }],
  ])('words %s', (error, status, body) => {
    expect(errorAnswer(error)).toMatchObject({ status, body });
  });

  it('says when to come back', () => {
    expect(errorAnswer(new Throttled('x', 3.2)).headers).toEqual({ 'Retry-After': '4' });
    expect(errorAnswer(Object.assign(new Error('x'), { code: 'ECONNRESET' })).headers).toEqual({ 'Retry-After': '5' });
    expect(errorAnswer(new Unauthenticated('x', { code: 'not_provided' })).headers).toEqual({
      'WWW-Authenticate': 'Token',
    });
  });
});
