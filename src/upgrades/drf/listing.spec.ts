import { conditionsOf, orderOf, type Listing } from './listing.js';
import { pageBody, pageRequest } from './page.js';

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
