import type { Json, StepDefinition } from '../templates/template.js';

/** How a step is called where its template gives it no title. */
const NAMES: Readonly<Record<StepDefinition['kind'], string>> = {
  shell: 'Shell commands execution',
  ssh: 'Remote commands execution',
  http: 'HTTP request',
  simulate: 'Simulation',
  attributes: 'Environment attributes update',
  lease: 'Servers borrowing',
  release: 'Servers release',
};

/** What of a step's own settings is told; never headers, bodies, passwords and keys. */
const TOLD: Readonly<Record<StepDefinition['kind'], readonly string[]>> = {
  shell: ['commands'],
  ssh: ['host', 'role', 'commands'],
  http: ['method', 'url'],
  simulate: ['durationMs', 'outcome'],
  attributes: ['set'],
  lease: ['role', 'label', 'count'],
  release: ['role'],
};

const LONGEST = 2_000;

export function nameOfStep({ kind, title }: Pick<StepDefinition, 'kind' | 'title'>): string {
  return title ?? NAMES[kind];
}

/** A step's `details`: clients split them at the brace (spec environments section 5.3). */
export function detailsOfStep({ kind, settings }: Pick<StepDefinition, 'kind' | 'settings'>): string {
  const parts = TOLD[kind].flatMap((key) => {
    const value = settings[key];
    return value === undefined || value === null ? [] : [`${key} = ${textOf(value)}`];
  });
  const text = parts.length === 0 ? NAMES[kind] : `${NAMES[kind]} { ${parts.join(', ')} }`;
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function textOf(value: Json): string {
  if (Array.isArray(value)) return `[ ${value.map((item: Json) => textOf(item)).join(', ')} ]`;
  if (typeof value === 'object' && value !== null) return `[ ${Object.keys(value).join(', ')} ]`;
  return String(value);
}
