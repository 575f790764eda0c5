import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR } from '@nestjs/core';
import { AllowedMethods } from './allowed-methods.js';
import { DialectErrors } from './dialect-errors.js';
import { AllExceptionsFilter } from './exception.filter.js';
import { MethodOverrides } from './method-override.js';
import { RequestBodyInterceptor } from './request-body.interceptor.js';
import { UrlRewrites } from './url-rewrites.js';

/** What every dialect shares. A dialect's module injects `DialectErrors` and registers how it words refusals. */
@Global()
@Module({
  providers: [
    AllowedMethods,
    DialectErrors,
    MethodOverrides,
    UrlRewrites,
    { provide: APP_FILTER, useClass: AllExceptionsFilter },
    { provide: APP_INTERCEPTOR, useClass: RequestBodyInterceptor },
  ],
  exports: [AllowedMethods, DialectErrors, MethodOverrides, UrlRewrites],
})
export class HttpModule {}
