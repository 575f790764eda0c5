import { Controller, Get, HttpCode, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { originOf } from '../../http/request-url.js';
import { v2VersionAt, v3VersionAt, type VersionView } from './versions.view.js';

/** What versions there are: read before a log-in, so nobody has to show who they are. */
@Controller('keystone')
@ApiTags('keystone')
export class VersionsController {
  @Get()
  @HttpCode(300)
  versions(@Req() request: FastifyRequest): { readonly versions: { readonly values: readonly VersionView[] } } {
    const origin = originOf(request);
    return { versions: { values: [v3VersionAt(origin), v2VersionAt(origin)] } };
  }

  @Get('v2.0')
  v2(@Req() request: FastifyRequest): { readonly version: VersionView } {
    return { version: v2VersionAt(originOf(request)) };
  }

  @Get('v3')
  v3(@Req() request: FastifyRequest): { readonly version: VersionView } {
    return { version: v3VersionAt(originOf(request)) };
  }
}
