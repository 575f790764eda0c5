import { exportsOf } from './exports.js';
import type { EnvironmentAttribute, WorkHandler } from './step-work.js';
import { masking, unfit } from './work-text.js';

/** Sets attributes of the environment: a value, or a value with its description. */
export const attributesStep: WorkHandler = {
  async run({ subject }) {
    const set = subject.definition.settings['set'];
    if (typeof set !== 'object' || set === null || Array.isArray(set)) {
      throw unfit('An attributes step sets a map of attributes');
    }
    const shown = masking(subject);
    const entries = Object.entries(set).map(([name, given]) => [name, toAttribute(given, shown)] as const);
    return { outcome: 'success', result: { attributes: Object.fromEntries(entries), exports: exportsOf(subject, {}) } };
  },
};

/** Attributes are there to be seen, so secrets are masked in them too. */
function toAttribute(given: unknown, shown: (text: string) => string): EnvironmentAttribute {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return { value: shown(textOf(given)), description: '' };
  }
  const { value, description } = given as Record<string, unknown>;
  return { value: shown(textOf(value)), description: shown(textOf(description)) };
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
}
