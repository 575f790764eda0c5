import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { Get, Param, Req, Res } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BootController } from '../../wire/boot-controller.decorator.js';
import { gnuTar } from '../archive/gnu-tar.js';
import { BootDataService } from '../boot-data.service.js';
import { bootKeyOf } from './boot-key-header.js';

/** By the path that nodes use, and by the one that the documents name (spec drydock section 0). */
@BootController('bootactions/nodes', 'bootdata')
export class BootDataController {
  constructor(private readonly bootData: BootDataService) {}

  @Get(':hostname/files')
  @ApiOperation({ summary: 'The files of a deploying node, as a gzipped tar archive (X-Bootaction-Key)' })
  files(
    @Param('hostname') hostname: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.answer(hostname, 'file', request, reply);
  }

  @Get(':hostname/units')
  @ApiOperation({ summary: 'The systemd units of a deploying node, as a gzipped tar archive (X-Bootaction-Key)' })
  units(
    @Param('hostname') hostname: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.answer(hostname, 'unit', request, reply);
  }

  private async answer(
    hostname: string,
    type: 'file' | 'unit',
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const gone = new AbortController();
    const leave = () => gone.abort();
    reply.raw.once('close', leave);
    try {
      const files = await this.bootData.assets(hostname, bootKeyOf(request), type, gone.signal);
      await reply
        .header('Content-Type', 'application/gzip')
        .header('Content-Disposition', `attachment; filename="${hostname.replace(/[^\w.-]/g, '_')}-${type}.tar.gz"`)
        .header('Cache-Control', 'no-store')
        .send(Readable.from(gnuTar(files)).pipe(createGzip()));
    } finally {
      reply.raw.off('close', leave);
    }
  }
}
