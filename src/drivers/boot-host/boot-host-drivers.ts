import type { BootHostDriver } from './boot-host-driver.js';

/** Which driver a machine has: that of its controller's type, or the one for all others, if there is one. */
export class BootHostDrivers {
  constructor(
    private readonly byType: readonly BootHostDriver[],
    private readonly others: BootHostDriver | null,
  ) {}

  find({ oobType }: { readonly oobType: string | null }): BootHostDriver | null {
    return this.byType.find(({ name }) => name === oobType) ?? this.others;
  }

  /** For what is done for a whole site. */
  get isEnabled(): boolean {
    return this.others !== null || this.byType.length > 0;
  }
}
