import { Injectable } from '@nestjs/common';
import { ImageKeeper } from './image-keeper.service.js';
import { Launcher } from './launcher.service.js';
import { LeakSweep } from './leak-sweep.service.js';
import { MissingFiles } from './missing-files.service.js';
import { NodeCheck } from './node-check.service.js';
import { Reaper } from './reaper.service.js';

/** What the passes do, in one place: tests call them, the clock does when they are due. */
@Injectable()
export class PoolPasses {
  constructor(
    private readonly reaper: Reaper,
    private readonly images: ImageKeeper,
    private readonly launcher: Launcher,
    private readonly leaks: LeakSweep,
    private readonly check: NodeCheck,
    private readonly files: MissingFiles,
  ) {}

  /** The main loop: expired holds, missing images, launches. */
  async main(): Promise<void> {
    await this.reaper.pass();
    await this.images.addMissing();
    await this.launcher.pass();
  }

  async cleanUp(): Promise<void> {
    await this.reaper.cleanUp();
    await this.files.pass();
    await this.leaks.pass();
  }

  checkNodes(): Promise<void> {
    return this.check.pass();
  }

  updateImages(): Promise<void> {
    return this.images.updateAll();
  }
}
