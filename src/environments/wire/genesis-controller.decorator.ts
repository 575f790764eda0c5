import { applyDecorators, Controller, HttpCode, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { GenesisGuard } from './genesis-guard.js';

/**
 * A controller of the OpenGenesis dialect, below `/rest`. Every answer is a 200, also to what creates or starts something
 * (spec environments section 1). Reading takes a viewer and changing an operator; what a project's roles allow is for
 * `AccessService` to say.
 */
export function GenesisController(path: string): ClassDecorator {
  return applyDecorators(
    answersOk,
    Controller(path === '' ? 'rest' : `rest/${path}`),
    UseGuards(GenesisGuard),
    ApiTags('opengenesis'),
  );
}

/** For each handler what `@HttpCode(200)` does for one: Nest would answer a POST with 201. */
function answersOk(target: { readonly prototype: object }): void {
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(target.prototype))) {
    if (name !== 'constructor' && typeof descriptor.value === 'function') {
      HttpCode(200)(target.prototype, name, descriptor);
    }
  }
}
