import { setTimeout as wait } from 'node:timers/promises';
import {
  countersAtZero,
  faultsOf,
  type EmulatorCounters,
  type EmulatorFaults,
  type EmulatorOptions,
  type Neighbour,
} from './emulator-options.js';
import { Flash } from './flash.js';
import { InstallStore } from './install-store.js';

const BALLAST = 'cat9k_iosxe.16.12.04.SPA.bin';
const UNREMOVABLE_BALLAST = 'crashinfo_backup.tar.gz';
/** Long enough for the last lines to reach the client, as on a real box. */
const RELOAD_NOTICE_MS = 50;

/** Everything an emulated switch is, apart from its network: what commands read and change. */
export class SwitchModel {
  readonly flash: Flash;
  readonly install: InstallStore;
  readonly faults: EmulatorFaults;
  readonly counters: EmulatorCounters = countersAtZero();
  hostname: string;
  bootTime: Date;
  reloadReason = 'Reload Command';
  scpServer: boolean;
  neighbours: readonly Neighbour[];
  /** Set by the network side: makes the box go away and come back. */
  onReload: () => void = () => undefined;
  private dirty = false;
  private spaceFault: EmulatorFaults['noSpace'] = null;
  private reloading = false;
  private abortTimer: NodeJS.Timeout | null = null;
  private readonly stopped = new AbortController();

  constructor(readonly options: EmulatorOptions) {
    this.faults = faultsOf(options.faults);
    this.hostname = options.hostname;
    this.bootTime = options.bootTime;
    this.scpServer = options.scpServer;
    this.neighbours = options.neighbours;
    this.flash = new Flash(options.flashBytes);
    this.flash.add('packages.conf', Buffer.from('#! /usr/binos/bin/packages_conf.sh\n'));
    this.flash.add('vlan.dat', Buffer.alloc(676));
    this.install = new InstallStore(this.flash, options.version, options.runningImageBytes);
    for (const image of options.inactive) {
      this.install.unpack(image.version, image.sizeBytes, 'I');
    }
  }

  get configurationModified(): boolean {
    return this.dirty || this.faults.neverSaved;
  }

  set configurationModified(modified: boolean) {
    this.dirty = modified;
  }

  get isReloading(): boolean {
    return this.reloading;
  }

  /** Fills the flash when that fault was switched on; called before anything that looks at the space. */
  applySpaceFault(): void {
    const { noSpace, noSpaceFreeBytes } = this.faults;
    if (noSpace === this.spaceFault) return;
    this.spaceFault = noSpace;
    this.flash.delete(BALLAST);
    this.flash.delete(UNREMOVABLE_BALLAST);
    if (!noSpace) return;
    const size = Math.max(0, this.flash.freeBytes - noSpaceFreeBytes);
    this.flash.addFiller(noSpace === 'inactive' ? BALLAST : UNREMOVABLE_BALLAST, size);
  }

  /** A phase of an installation passes, also when nobody watches it. */
  async passPhase(): Promise<void> {
    await this.pass(this.options.installMs);
    while (this.faults.holdInstall && !this.stopped.signal.aborted) await this.pass(10);
  }

  /** Time passes. Ends early when the emulator stops. */
  async pass(milliseconds: number): Promise<void> {
    await wait(milliseconds, undefined, { signal: this.stopped.signal, ref: false }).catch(() => undefined);
  }

  requestReload(reason: string): void {
    if (this.reloading || this.stopped.signal.aborted) return;
    this.reloading = true;
    this.reloadReason = reason;
    setTimeout(() => this.stopped.signal.aborted || this.onReload(), RELOAD_NOTICE_MS).unref();
  }

  /** The box has booted again. */
  boot(): void {
    this.counters.reloads += 1;
    const keepOld = this.faults.oldVersionAfterReload;
    const { uncommitted } = this.install.boot(keepOld);
    this.bootTime = new Date();
    this.dirty = false;
    this.neighbours = this.neighbours.filter((one) => !this.faults.losesNeighbours.includes(one.device));
    this.reloading = false;
    if (uncommitted) this.startAbortTimer();
  }

  /** Minutes until an uncommitted image is thrown out; counted from the boot that brought it. */
  abortMinutes = 120;

  stopAbortTimer(): void {
    if (this.abortTimer) clearTimeout(this.abortTimer);
    this.abortTimer = null;
    this.install.abortsAt = null;
  }

  dispose(): void {
    this.stopped.abort();
    this.stopAbortTimer();
    this.flash.dispose();
  }

  private startAbortTimer(): void {
    this.stopAbortTimer();
    const delay = this.abortMinutes * this.options.autoAbortMinuteMs;
    this.install.abortsAt = new Date(Date.now() + delay);
    this.abortTimer = setTimeout(() => {
      const committed = this.install.committed;
      this.stopAbortTimer();
      if (!committed) return;
      this.install.returnTo(committed.release);
      this.requestReload('Auto abort timer expired');
    }, delay);
    this.abortTimer.unref();
  }
}
