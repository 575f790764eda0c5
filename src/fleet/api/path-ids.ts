import type { PipeTransform } from '@nestjs/common';
import { NotFound } from '../../common/errors.js';
import { RESOURCE_NAME } from '../resource-name.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const MOST_INTEGER = 2 ** 31 - 1;

/** `@Param('id', uuidOf('batch')) id: string`. What no id can look like is the id of nothing. */
export function uuidOf(what: string): PipeTransform<string, string> {
  return {
    transform: (text) => {
      if (!UUID.test(text)) throw notFound(what, text);
      return text.toLowerCase();
    },
  };
}

/** An id from an `integer` column, from 1. */
export function integerOf(what: string): PipeTransform<string, number> {
  return {
    transform: (text) => {
      const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
      if (id < 1 || id > MOST_INTEGER) throw notFound(what, text);
      return id;
    },
  };
}

/** `@Param('name', nameOf('plan')) name: string`. What nothing can be called is the name of none. */
export function nameOf(what: string): PipeTransform<string, string> {
  return {
    transform: (text) => {
      if (RESOURCE_NAME.test(text)) return text;
      throw new NotFound(`There is no ${what} ${JSON.stringify(text.slice(0, 100))}.`);
    },
  };
}

/** A place in a list, from 0. */
export function ordinalOf(what: string): PipeTransform<string, number> {
  return {
    transform: (text) => {
      if (!/^\d{1,6}$/.test(text)) throw new NotFound(`There is no ${what} ${JSON.stringify(text.slice(0, 60))}.`);
      return Number(text);
    },
  };
}

function notFound(what: string, text: string): NotFound {
  return new NotFound(`No ${what} has the id ${JSON.stringify(text.slice(0, 60))}.`);
}
