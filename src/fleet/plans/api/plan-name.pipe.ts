import type { PipeTransform } from '@nestjs/common';
import { NotFound } from '../../../common/errors.js';
import { RESOURCE_NAME } from '../../resource-name.js';

/** `@Param('name', planName)`: what no plan can be called is the name of none. */
export const planName: PipeTransform<string, string> = {
  transform: (text) => {
    if (RESOURCE_NAME.test(text)) return text;
    throw new NotFound(`There is no plan ${JSON.stringify(text.slice(0, 100))}.`);
  },
};
