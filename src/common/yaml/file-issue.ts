/** Something about the file: what refuses it, or what its author should know. Never holds a value, which may be secret. */
export interface FileIssue {
  /** From 1; null where there is no line to point at. */
  readonly line: number | null;
  /** `providers[0].images[1].min-ram`; empty: the file as a whole. */
  readonly path: string;
  readonly message: string;
}

export type KeyPath = readonly (string | number)[];

/** A key is written as it is when it looks like one, else cut and quoted: a password may have slipped into its place. */
export function writtenPath(path: KeyPath): string {
  return path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`;
      return /^[\w.-]{1,64}$/.test(key) ? `.${key}` : '.(odd key)';
    })
    .join('')
    .replace(/^\./, '');
}

export function writtenIssue({ line, path, message }: FileIssue): string {
  const place = [line === null ? '' : `line ${line}`, path].filter((part) => part !== '').join(', ');
  return place === '' ? message : `${place}: ${message}`;
}
