import ipaddr from 'ipaddr.js';

/** One setting: its name in the environment, its default, and one line of documentation for `.env.example`. */
export interface Setting<T> {
  readonly name: string;
  /** As it would be written in a file; `undefined` means unset. */
  readonly example: string | undefined;
  readonly doc: string;
  parse(text: string | undefined): T;
}

export class BadSetting extends Error {}

export function text(name: string, example: string | undefined, doc: string): Setting<string> {
  return { name, example, doc, parse: (value) => value ?? example ?? '' };
}

export function optionalText(name: string, doc: string): Setting<string | undefined> {
  return { name, example: undefined, doc, parse: (value) => value };
}

export function integer(
  name: string,
  fallback: number,
  doc: string,
  range: { min: number; max: number },
): Setting<number> {
  return {
    name,
    example: String(fallback),
    doc,
    parse: (value) => {
      if (value === undefined) return fallback;
      const parsed = Number(value);
      if (!/^\d+$/.test(value) || parsed < range.min || parsed > range.max) {
        throw new BadSetting(`${name} must be a whole number from ${range.min} to ${range.max}, not "${value}"`);
      }
      return parsed;
    },
  };
}

export function oneOf<T extends string>(name: string, fallback: T, choices: readonly T[], doc: string): Setting<T> {
  return {
    name,
    example: fallback,
    doc: `${doc} (${choices.join(', ')})`,
    parse: (value) => {
      const found = choices.find((choice) => choice === (value ?? fallback));
      if (!found) throw new BadSetting(`${name} must be one of ${choices.join(', ')}, not "${value}"`);
      return found;
    },
  };
}

export function flag(name: string, fallback: boolean, doc: string): Setting<boolean> {
  const choice = oneOf(name, fallback ? 'true' : 'false', ['true', 'false'] as const, doc);
  return { ...choice, parse: (value) => choice.parse(value?.toLowerCase()) === 'true' };
}

/** The original's sample: everybody knows it. */
const SAMPLE_PASSWORD = 'admin123';

export function ownPassword(name: string, doc: string): Setting<string | undefined> {
  return {
    ...optionalText(name, doc),
    parse: (value) => {
      if (value === SAMPLE_PASSWORD) throw new BadSetting(`${name} must not be the password of the original's sample`);
      return value;
    },
  };
}

export function list(name: string, example: string | undefined, doc: string): Setting<string[]> {
  return {
    name,
    example,
    doc,
    parse: (value) =>
      (value ?? example ?? '')
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
  };
}

/** Addresses and networks, as `192.0.2.7`, `2001:db8::/32`. */
export function networks(name: string, doc: string): Setting<string[]> {
  const items = list(name, '', doc);
  return {
    ...items,
    parse: (value) => {
      const parsed = items.parse(value);
      const wrong = parsed.find((item) => !ipaddr.isValid(item) && !ipaddr.isValidCIDR(item));
      if (wrong !== undefined) throw new BadSetting(`${name} must list addresses or CIDRs; "${wrong}" is neither`);
      return parsed;
    },
  };
}

/** Places that may be called: `public`, names, `*.` names, either with `:port`, addresses and networks. */
export function places(name: string, example: string, doc: string): Setting<string[]> {
  const items = list(name, example, doc);
  const isName = (item: string) => /^(?:\*\.)?[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?(?::\d{1,5})?$/.test(item);
  return {
    ...items,
    parse: (value) => {
      const parsed = items.parse(value);
      const wrong = parsed.find((item) => !isName(item) && !ipaddr.isValid(item) && !ipaddr.isValidCIDR(item));
      if (wrong !== undefined) {
        throw new BadSetting(`${name} must list "public", names, addresses or CIDRs; "${wrong}" is none of them`);
      }
      return parsed;
    },
  };
}

/** A web address without a login in it: that would end up in logs. */
export function webAddress(name: string, doc: string): Setting<string | undefined> {
  return {
    name,
    example: undefined,
    doc,
    parse: (value) => {
      if (value === undefined) return undefined;
      const url = URL.canParse(value) ? new URL(value) : null;
      const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
      if (!isWeb || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
        throw new BadSetting(`${name} must be an address as http://host:port/path`);
      }
      return value.replace(/\/+$/, '');
    },
  };
}

/** Pairs as `name=choice,name=choice`; names are compared in lower case. */
export function pairs(
  name: string,
  example: string,
  choices: readonly string[],
  doc: string,
): Setting<ReadonlyMap<string, string>> {
  return {
    name,
    example,
    doc,
    parse: (value) => {
      const items = list(name, example, doc).parse(value);
      const parsed = items.map((item) => item.split('=').map((part) => part.trim()));
      const wrong = parsed.find(([key, choice, more]) => !key || !choices.includes(choice ?? '') || more !== undefined);
      if (wrong !== undefined) {
        throw new BadSetting(
          `${name} must list NAME=ROLE with the roles ${choices.join(', ')}, not "${wrong.join('=')}"`,
        );
      }
      return new Map(parsed.map(([key = '', choice = '']) => [key.toLowerCase(), choice]));
    },
  };
}

/** Absolute folders, separated by commas or, as in a PATH, by colons. */
export function folders(name: string, doc: string): Setting<string[]> {
  const items = list(name, '', doc);
  return {
    ...items,
    parse: (value) => {
      const parsed = items.parse(value?.replaceAll(/:(?=\/)/g, ','));
      const wrong = parsed.find((item) => !item.startsWith('/') || item.includes('\0'));
      if (wrong !== undefined) throw new BadSetting(`${name} must list absolute folders; "${wrong}" is none`);
      return parsed;
    },
  };
}

/** Rules of a policy and the roles each lets in, as `rule=role|role,rule=role`; all in lower case. */
export function rules(name: string, doc: string): Setting<ReadonlyMap<string, readonly string[]>> {
  const items = list(name, '', doc);
  return {
    ...items,
    parse: (value) => {
      const parsed = items.parse(value?.toLowerCase()).map((item) => {
        const match = /^(?:physical_provisioner:)?([a-z_]+)=([^=|]+(?:\|[^=|]+)*)$/.exec(item);
        if (!match) throw new BadSetting(`${name} must list rule=role or rule=role|role, not "${item}"`);
        const [, rule = '', roles = ''] = match;
        return [rule, roles.split('|').map((role) => role.trim())] as const;
      });
      return new Map(parsed);
    },
  };
}
