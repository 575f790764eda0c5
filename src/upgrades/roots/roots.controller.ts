import { Get, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { originOf } from '../../http/request-url.js';
import { UpgradeController } from '../drf/upgrade-controller.decorator.js';
import { rootLinks } from './root-links.js';

/** The indexes of the Upgrade dialect, for people who look around. */
@UpgradeController('')
export class RootsController {
  @Get()
  api(@Req() request: FastifyRequest): Record<string, string> {
    return rootLinks('', originOf(request));
  }

  @Get('auth')
  auth(@Req() request: FastifyRequest): Record<string, string> {
    return rootLinks('auth', originOf(request));
  }

  @Get('users')
  users(@Req() request: FastifyRequest): Record<string, string> {
    return rootLinks('users', originOf(request));
  }

  @Get('dcim')
  dcim(@Req() request: FastifyRequest): Record<string, string> {
    return rootLinks('dcim', originOf(request));
  }

  @Get('images')
  images(@Req() request: FastifyRequest): Record<string, string> {
    return rootLinks('images', originOf(request));
  }

  @Get('core')
  core(@Req() request: FastifyRequest): Record<string, string> {
    return rootLinks('core', originOf(request));
  }
}
