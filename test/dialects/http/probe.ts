import {
  Body,
  type CanActivate,
  Controller,
  Delete,
  type ExecutionContext,
  Get,
  HttpCode,
  Ip,
  Module,
  type OnModuleInit,
  Param,
  Post,
  Query,
  Req,
  UseGuards,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { Throttled, TooLarge, Unauthenticated } from '../../../src/common/errors.js';
import { AcceptsMedia } from '../../../src/http/accepts-media.js';
import { clientAddress } from '../../../src/http/client-address.js';
import { DialectErrors } from '../../../src/http/dialect-errors.js';
import { FrameworkError } from '../../../src/http/framework-error.js';
import { UnreadBody } from '../../../src/http/request-body.js';
import { statusOf } from '../../../src/http/status-of.js';

/** Lets in who says the word, before any body is looked at. */
class WordGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (request.headers.authorization === 'Token open-sesame-4711') return true;
    throw new Unauthenticated('Say the word.');
  }
}

/** Routes that do nothing of their own, to see what the plumbing does around them. */
@Controller('probe')
class ProbeController {
  constructor(private readonly dataSource: DataSource) {}

  @Post('echo')
  @HttpCode(200)
  @UseGuards(WordGuard)
  echo(@Body() body: unknown) {
    return { body: body ?? null, type: body === undefined ? 'undefined' : typeof body };
  }

  @Post('upload')
  @HttpCode(200)
  @UseGuards(WordGuard)
  @AcceptsMedia('application/octet-stream', 'multipart/form-data')
  async upload(@Req() request: FastifyRequest) {
    const file = request.isMultipart() ? await request.file() : undefined;
    const stream = request.body instanceof UnreadBody ? request.body.stream : file?.file;
    let bytes = 0;
    for await (const chunk of stream ?? []) bytes += (chunk as Buffer).length;
    return { bytes };
  }

  @Get('items/:id')
  item(@Param('id') id: string, @Query('job_id') jobs: string | string[] | undefined) {
    return { id, jobs: [jobs ?? []].flat().length };
  }

  @Delete('items/:id')
  remove() {
    return {};
  }

  @Get('address')
  address(@Req() request: FastifyRequest, @Ip() ip: string) {
    return { address: clientAddress(request), ip };
  }

  @Get('throws/:what')
  async throws(@Param('what') what: string) {
    if (what === 'throttled') throw new Throttled('Slow down.', 7.2);
    if (what === 'too-large') throw new TooLarge('Too much.');
    if (what === 'uuid') return this.dataSource.query('select $1::uuid', ['no uuid']);
    if (what === 'nul') return this.dataSource.query('select $1::text', ['a\0b']);
    if (what === 'database') return this.dataSource.query('select 1');
    throw new Error('password=hunter2 in a message');
  }
}

@Module({ controllers: [ProbeController] })
export class ProbeModule implements OnModuleInit {
  constructor(private readonly errors: DialectErrors) {}

  onModuleInit(): void {
    this.errors.register({
      name: 'probe',
      prefixes: ['/probe'],
      render: (error) => ({
        status: statusOf(error),
        headers: { 'X-Dialect': 'probe' },
        body: { detail: error instanceof FrameworkError && error.code === 'internal' ? 'hidden' : error.message },
      }),
    });
  }
}

export const WORD = { authorization: 'Token open-sesame-4711' };
