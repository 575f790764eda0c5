import { parse } from 'yaml';
import { goodSite, siteDocument, siteText } from '../../../test/support/site-documents.js';
import { packagesFor, userDataFor } from './packages.js';
import { readDesign } from './read-design.js';

describe('the packages of a node', () => {
  it('are those of all its boot actions, the last version of each', async () => {
    const only = { filter_set_type: 'union', filter_set: [{ filter_type: 'union', node_names: ['n2'] }] };
    const list = (name: string, data: object, more: object = {}) =>
      siteDocument('BootAction', name, { assets: [{ type: 'pkg_list', data }], ...more });
    const text = siteText([
      ...goodSite(),
      list('some', { curl: null, vim: '2:8.0-1' }),
      list('more', { 'odd: "name': null, vim: '2:9.0-1' }),
      list('other', { nano: null }, { node_filter: only }),
    ]);
    const { design } = await readDesign(Buffer.from(text), new AbortController().signal);
    if (!design) throw new Error('no design');
    expect(packagesFor(design, 'n1')).toEqual([
      ['curl', null],
      ['vim', '2:9.0-1'],
      ['odd: "name', null],
    ]);
    const userData = userDataFor(design, 'n1') ?? '';
    expect(userData.split('\n')[0]).toBe('#cloud-config');
    expect(parse(userData)).toEqual({ packages: ['curl', ['vim', '2:9.0-1'], 'odd: "name'] });
    expect(packagesFor(design, 'n2').map(([name]) => name)).toContain('nano');
    expect(userDataFor(design, 'n9')).toBeNull();
  });
});
