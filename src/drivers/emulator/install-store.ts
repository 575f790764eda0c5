import type { Flash } from './flash.js';
import { unpadded } from './emulated-image.js';

export type InstallState = 'I' | 'U' | 'C' | 'D';

export interface InstalledImage {
  /** Zero-padded: `17.09.04a`. */
  readonly release: string;
  state: InstallState;
  readonly packages: readonly string[];
}

interface RollbackPoint {
  readonly id: number;
  readonly release: string;
}

/** Every emulated build is build 6; real ones differ, parsers must not care. */
const BUILD = '0.6';

/**
 * What `install` knows: the images, which one runs, what the next boot brings, the auto-abort timer and the log. It
 * follows the states of `show install summary` (spec upgrade section 5.1): I, U, C, D.
 */
export class InstallStore {
  readonly images: InstalledImage[] = [];
  readonly points: RollbackPoint[] = [];
  readonly log: string[] = [];
  /** The operation that runs now, by its log name. */
  operation: string | null = null;
  /** When an uncommitted image is thrown out again. */
  abortsAt: Date | null = null;
  private runningImage: InstalledImage;
  private next: { release: string; committed: boolean } | null = null;

  constructor(
    private readonly flash: Flash,
    release: string,
    sizeBytes: number,
  ) {
    this.runningImage = this.unpack(release, sizeBytes, 'C');
    this.addPoint(release);
    this.logBoot();
  }

  get running(): string {
    return this.runningImage.release;
  }

  get committed(): InstalledImage | undefined {
    return this.images.find((image) => image.state === 'C' || image.state === 'D');
  }

  get uncommitted(): InstalledImage | undefined {
    return this.images.find((image) => image.state === 'U');
  }

  /** The image that `install activate` takes: the one that was added last. */
  get added(): InstalledImage | undefined {
    return this.images.filter((image) => image.state === 'I').at(-1);
  }

  find(release: string): InstalledImage | undefined {
    return this.images.find((image) => unpadded(image.release) === unpadded(release));
  }

  fullVersion(image: InstalledImage): string {
    return `${image.release}.${BUILD}`;
  }

  /** Unpacks an image; adding it again moves it to the end of the list. */
  unpack(release: string, sizeBytes: number, state: InstallState): InstalledImage {
    const known = this.find(release);
    if (known) {
      this.images.push(...this.images.splice(this.images.indexOf(known), 1));
      return known;
    }
    const share = Math.floor(sizeBytes / 4);
    const packages = [`cat9k-rpbase.${release}.SPA.pkg`, `cat9k-rpboot.${release}.SPA.pkg`];
    this.flash.addFiller(packages[0] ?? '', sizeBytes - share);
    this.flash.addFiller(packages[1] ?? '', share);
    const image = { release, state, packages };
    this.images.push(image);
    return image;
  }

  begin(operation: string, now = new Date()): void {
    this.operation = operation;
    this.log.push(`[1|${operation}]: START ${iosDate(now)}`);
  }

  end(result: 'SUCCESS' | 'FAILED', now = new Date()): void {
    if (this.operation) this.log.push(`[1|${this.operation}]: END ${result} ${iosDate(now)}`);
    this.operation = null;
  }

  /** The image is activated: the old one counts as deactivated already, although it runs until the reload. */
  activate(image: InstalledImage, committed: boolean): void {
    this.next = { release: image.release, committed };
    if (committed) return;
    this.runningImage.state = 'D';
    image.state = 'U';
  }

  /** An activation that failed before the reload: everything as it was. */
  cancelActivation(): void {
    const target = this.next?.release;
    this.next = null;
    this.runningImage.state = 'C';
    const image = target === undefined ? undefined : this.find(target);
    if (image && image !== this.runningImage) image.state = 'I';
  }

  /** The next boot brings that release, committed. */
  returnTo(release: string): void {
    this.next = { release, committed: true };
  }

  commit(): void {
    const image = this.uncommitted;
    this.abortsAt = null;
    if (!image) return;
    for (const other of this.images) other.state = other === image ? 'C' : 'I';
    this.addPoint(image.release);
  }

  /** What a boot does. `keepOld`: the box falls back to what ran before. Says whether the timer has to run. */
  boot(keepOld: boolean): { uncommitted: boolean } {
    const next = this.next;
    this.next = null;
    this.operation = null;
    this.logBoot();
    const image = next && !keepOld ? this.find(next.release) : undefined;
    if (!next || !image) {
      for (const other of this.images) other.state = other === this.runningImage ? 'C' : 'I';
      this.abortsAt = null;
      return { uncommitted: false };
    }
    const before = this.runningImage;
    this.runningImage = image;
    for (const other of this.images) other.state = 'I';
    image.state = next.committed ? 'C' : 'U';
    if (!next.committed) before.state = 'D';
    else this.abortsAt = null;
    if (next.committed && !this.points.some((point) => point.release === image.release)) this.addPoint(image.release);
    return { uncommitted: !next.committed };
  }

  /** Packages and images nothing needs any more; what runs or is committed stays. */
  removable(): string[] {
    const kept = new Set(this.images.filter((image) => image.state !== 'I').flatMap((image) => image.packages));
    return this.flash
      .list()
      .map((file) => file.name)
      .filter((name) => /\.(bin|pkg)$/.test(name) && !kept.has(name));
  }

  removeInactive(): void {
    for (const name of this.removable()) this.flash.delete(name);
    const kept = this.images.filter((image) => image.state !== 'I');
    this.images.splice(0, this.images.length, ...kept);
  }

  private logBoot(): void {
    const date = iosDate(new Date());
    this.log.push(`[0|install_op_boot]: START ${date}`, `[0|install_op_boot]: END SUCCESS ${date}`);
  }

  private addPoint(release: string): void {
    this.points.push({ id: (this.points.at(-1)?.id ?? 0) + 1, release });
  }
}

/** `Sat Nov 21 12:05:03 UTC 2026`, as install operations and `show clock` have it, roughly. */
export function iosDate(date: Date): string {
  const [weekday, day, month, year, time] = date.toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${day} ${time} UTC ${year}`;
}
