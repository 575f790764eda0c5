import type { PipeTransform } from '@nestjs/common';
import { NotFound } from '../../../common/errors.js';
import { RESOURCE_NAME } from '../../resource-name.js';

/** `@Param('name', scheduleName)`: what no schedule can be called is the name of none. */
export const scheduleName: PipeTransform<string, string> = {
  transform: (text) => {
    if (RESOURCE_NAME.test(text)) return text;
    throw new NotFound(`There is no schedule ${JSON.stringify(text.slice(0, 100))}.`);
  },
};
