import { applyDecorators } from '@nestjs/common';
import { IsString, Matches } from 'class-validator';

/** The name of a window, a plan, a schedule or a hook: windows and plans are referred to by it, plans and schedules have it in URLs. */
export const RESOURCE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

export function ResourceName(): PropertyDecorator {
  return applyDecorators(
    IsString(),
    Matches(RESOURCE_NAME, {
      message: '$property must be 1 to 100 letters, digits, dots, dashes and underscores, a letter or digit first',
    }),
  );
}
