import type { VariableType, VariableValue } from './template.js';

/** What fits into the environment of a process, with room to spare. */
export const LONGEST_VALUE = 32_768;

const TRUE = new Set(['true', 'on', 'yes', '1']);
const FALSE = new Set(['false', 'off', 'no', '0']);

/** A text as a value of the type, null when it is none (spec environments section 5.2). */
export function convert(text: string, type: VariableType): VariableValue | null {
  switch (type) {
    case 'String':
    case 'Secret':
      return text;
    case 'Integer':
      return wholeNumber(text, 2 ** 31 - 1);
    case 'Long':
      return wholeNumber(text, Number.MAX_SAFE_INTEGER);
    case 'Double':
      return fraction(text);
    case 'Boolean': {
      const word = text.trim().toLowerCase();
      return TRUE.has(word) ? true : FALSE.has(word) ? false : null;
    }
  }
}

function wholeNumber(text: string, most: number): number | null {
  const value = Number(text);
  const isWhole = /^\s*[+-]?\d{1,20}\s*$/.test(text) && value <= most && value >= -most - 1;
  return isWhole && Number.isSafeInteger(value) ? value + 0 : null;
}

function fraction(text: string): number | null {
  const value = Number(text);
  return /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?\s*$/.test(text) && Number.isFinite(value) ? value : null;
}
