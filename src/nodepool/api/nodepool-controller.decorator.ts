import { applyDecorators, Controller, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { NodepoolGuard } from './nodepool.guard.js';
import { ReadableAsJson } from './readable-as-json.interceptor.js';

/** A controller of the Nodepool dialect; its routes are below `/v1`, and reads have a second address with `.json`. */
export function NodepoolController(): ClassDecorator {
  return applyDecorators(
    Controller('v1'),
    UseGuards(NodepoolGuard),
    UseInterceptors(ReadableAsJson),
    ApiTags('nodepool'),
  );
}
