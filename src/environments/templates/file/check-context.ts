import type { KeyPath } from '../../../common/yaml/file-issue.js';

export type Report = (path: KeyPath, message: string) => void;

/** Names every expression may use, with their types in CEL. */
export const COMMON_NAMES: Readonly<Record<string, string>> = {
  envConfig: 'map<string, dyn>',
  env: 'map<string, dyn>',
  context: 'map<string, dyn>',
  workflow: 'map<string, dyn>',
};
