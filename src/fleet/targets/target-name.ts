import { delegatedTargetKind } from '../../orchestration/targets/delegated.js';
import { Invalid } from '../../common/errors.js';

/** `device:12`: a target of whatever dialect, in one word. */
export interface TargetName {
  readonly kind: string;
  readonly id: string;
}

/** The kind ends at the first colon; an id may hold more of them. */
export function readTargetName(text: string): TargetName {
  const [, kind, id] = /^([a-z][\w.-]{0,60}):([^\0]{1,255})$/s.exec(text) ?? [];
  if (kind !== undefined && id !== undefined) return { kind, id };
  throw new Invalid('target must be a kind and an id, such as device:12', {
    code: 'invalid_fields',
    errors: [{ parameter: 'target', detail: 'must be a kind and an id, such as device:12' }],
  });
}

/** The jobs of a delegated batch are stored under a kind of their own; whoever looks for the target finds both. */
export function storedTargetKinds(kind: string): string[] {
  return [kind, delegatedTargetKind(kind)];
}
