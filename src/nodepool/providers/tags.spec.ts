import { hasTags, ownerOf, tagsOf } from './tags.js';

describe('tags', () => {
  it('say whose a server is', () => {
    const owner = { provider: 'one', kind: 'node', id: 17 } as const;
    expect(ownerOf(tagsOf(owner))).toEqual(owner);
    expect(ownerOf({ ...tagsOf(owner), 'made-by': 'the provider' })).toEqual(owner);
  });

  it.each<Readonly<Record<string, string>>>([
    {},
    { nodepool_provider: 'one' },
    { nodepool_provider: 'one', nodepool_kind: 'node', nodepool_id: '1x' },
    { nodepool_provider: 'one', nodepool_kind: 'node', nodepool_id: '0' },
    { nodepool_provider: 'one', nodepool_kind: 'node', nodepool_id: '99999999999' },
    { nodepool_provider: 'one', nodepool_kind: 'other', nodepool_id: '1' },
    { nodepool_kind: 'node', nodepool_id: '1' },
  ])('that are not whole are nobody we know: %j', (tags) => {
    expect(ownerOf(tags)).toBeNull();
  });

  it('match when all that was wished is there', () => {
    expect(hasTags({ a: '1', b: '2' }, { a: '1' })).toBe(true);
    expect(hasTags({ a: '1' }, { a: '1', b: '2' })).toBe(false);
    expect(hasTags({ a: '2' }, { a: '1' })).toBe(false);
  });
});
