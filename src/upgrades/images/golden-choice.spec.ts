import { GoldenChoice, type GoldenRule, type GoldenSubject } from './golden-choice.js';

const rule = (imageId: number, scope: Partial<GoldenRule>): GoldenRule => ({
  platform: null,
  modelId: null,
  siteId: null,
  regionId: null,
  ...scope,
  imageId,
});
/** From the nearest to the furthest, each with the image's number. */
const rules = [
  rule(2, { modelId: 7, siteId: 5 }),
  rule(3, { modelId: 7, regionId: 6 }),
  rule(5, { platform: 'iosxe', siteId: 5 }),
  rule(6, { platform: 'iosxe' }),
];
const device: GoldenSubject = { platform: 'iosxe', modelId: 7, siteId: 5, regionId: 6, goldenImageOverrideId: 1 };

describe('the golden image of a device', () => {
  it('is the nearest of override, model+site, model+region, model default, platform+site, platform', () => {
    const without = (...images: number[]) =>
      new GoldenChoice(
        rules.filter((one) => !images.includes(one.imageId)),
        new Map(images.includes(4) ? [] : [[7, 4]]),
      );
    const plain = { ...device, goldenImageOverrideId: null };
    expect(without().imageIdFor(device)).toBe(1);
    expect(without().imageIdFor(plain)).toBe(2);
    expect(without(2).imageIdFor(plain)).toBe(3);
    expect(without(2, 3).imageIdFor(plain)).toBe(4);
    expect(without(2, 3, 4).imageIdFor(plain)).toBe(5);
    expect(without(2, 3, 4, 5).imageIdFor(plain)).toBe(6);
    expect(without(2, 3, 4, 5, 6).imageIdFor(plain)).toBeNull();
  });

  it('is not that of another place, model or platform', () => {
    const elsewhere = { ...device, goldenImageOverrideId: null, siteId: null, regionId: null };
    expect(new GoldenChoice(rules, new Map()).imageIdFor(elsewhere)).toBe(6);
    expect(new GoldenChoice(rules, new Map()).imageIdFor({ ...elsewhere, platform: 'linux' })).toBeNull();
    expect(new GoldenChoice(rules, new Map([[8, 4]])).imageIdFor({ ...elsewhere, modelId: null })).toBe(6);
  });
});
