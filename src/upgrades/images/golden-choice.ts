/** A row that says which image is golden where. */
export interface GoldenRule {
  readonly platform: string | null;
  readonly modelId: number | null;
  readonly siteId: number | null;
  readonly regionId: number | null;
  readonly imageId: number;
}

/** What of a device decides which image is golden for it. */
export interface GoldenSubject {
  readonly platform: string;
  readonly modelId: number | null;
  readonly siteId: number | null;
  readonly regionId: number | null;
  readonly goldenImageOverrideId: number | null;
}

/** Finds golden images for any number of devices; the rules are indexed once. */
export class GoldenChoice {
  private readonly byScope: ReadonlyMap<string, number>;

  constructor(
    rules: readonly GoldenRule[],
    private readonly modelDefaults: ReadonlyMap<number, number>,
  ) {
    this.byScope = new Map(rules.map((rule) => [scopeOf(rule), rule.imageId]));
  }

  /**
   * Device override, model and site, model and region, model default, platform and site, platform and Global
   * (docs/dialects/upgrade.md, "Trigger"). A model's row without site and region is that model everywhere and counts
   * as its default; a platform's row for a region lies between its site and Global.
   */
  imageIdFor(device: GoldenSubject): number | null {
    const { platform, modelId, siteId, regionId } = device;
    return (
      device.goldenImageOverrideId ??
      (modelId === null ? null : this.forModel(modelId, siteId, regionId)) ??
      this.rule({ platform, siteId }) ??
      this.rule({ platform, regionId }) ??
      this.byScope.get(scopeOf({ platform })) ??
      null
    );
  }

  private forModel(modelId: number, siteId: number | null, regionId: number | null): number | null {
    return (
      this.rule({ modelId, siteId }) ??
      this.rule({ modelId, regionId }) ??
      this.modelDefaults.get(modelId) ??
      this.byScope.get(scopeOf({ modelId })) ??
      null
    );
  }

  /** A rule for a place the device is in; a device that is nowhere has no such rule. */
  private rule(scope: Scope): number | undefined {
    return (scope.siteId ?? scope.regionId ?? null) === null ? undefined : this.byScope.get(scopeOf(scope));
  }
}

type Scope = Partial<Omit<GoldenRule, 'imageId'>>;

function scopeOf({ platform, modelId, siteId, regionId }: Scope): string {
  return JSON.stringify([platform ?? null, modelId ?? null, siteId ?? null, regionId ?? null]);
}
