import { Controller, Get, Header, Param, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { NotFound } from '../../common/errors.js';
import { NodepoolConfigStore } from '../config/nodepool-config.store.js';
import { secretsOfConfig, withoutSecrets } from '../dibs/build-secrets.js';
import { readBuildLog } from '../requests/build-log.js';
import { DibImagesService } from '../requests/dib-images.service.js';
import { NodepoolGuard } from './nodepool.guard.js';
import { idOf } from './path-id.pipe.js';

/** Ours, additive: why a build failed, also when its image is gone (spec nodepool section 6). Text, whatever is accepted. */
@ApiTags('nodepool')
@Controller('v1')
@UseGuards(NodepoolGuard)
export class BuildLogController {
  constructor(
    private readonly dibs: DibImagesService,
    private readonly config: NodepoolConfigStore,
  ) {}

  /** By the id of a DibImage, or by the name of a disk image for its newest build. */
  @Get('dib_images/:ref/log')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  async read(@Param('ref') ref: string): Promise<string> {
    const build = await this.dibs.getBuild(ref, idOf(ref));
    const text = await readBuildLog(build);
    if (text === null) throw new NotFound('There is no log of this build yet');
    // Its own ones as well: the config may have changed since, or be broken now.
    return withoutSecrets(text, [...this.dibs.secretsOf(build), ...secretsOfConfig(this.config.current())]);
  }
}
