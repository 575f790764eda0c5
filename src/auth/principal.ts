/** What a user may do, from least to most: see, run and edit, manage users and secrets. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/**
 * How a request showed who it is. `login` is a password given to a log-in call, `external` a token that another service
 * vouches for, `system` is Slipway itself, `public` showed nothing on a route that asks for nothing, `hook` is a call of an
 * incoming hook.
 */
export type Scheme = 'token' | 'bearer' | 'x-auth-token' | 'cookie' | 'session' | 'basic';

/** Who asks for something: put on a request by the guard, handed to every service that changes or records. */
export interface Principal {
  /** A row of our `users`. Null for Slipway's own acts and for users who are kept elsewhere. */
  readonly userId: number | null;
  /** The id of a user who is kept elsewhere, as the service there gives it. */
  readonly externalId?: string;
  readonly username: string;
  readonly role: Role;
  /** What the service that vouches for the token calls the roles it gives; for a dialect with rules of its own. */
  readonly externalRoles?: readonly string[];
  /** Null where the request was not made with a token. */
  readonly tokenId: number | null;
  readonly writeEnabled: boolean;
  /** The client's address; empty for Slipway's own acts. */
  readonly address: string;
  readonly source: Scheme | 'login' | 'external' | 'system' | 'public' | 'hook';
  readonly userAgent?: string;
  /** Shown with a token that may only start the plan of this name and look at what it started. */
  readonly plan?: string;
}

/** Where a request comes from, before anybody knows whose it is. */
export interface Origin {
  readonly address: string;
  readonly userAgent?: string;
}

/** Slipway acting for itself: first start, housekeeping. */
export const SYSTEM_PRINCIPAL: Principal = {
  userId: null,
  username: 'system',
  role: 'admin',
  tokenId: null,
  writeEnabled: true,
  address: '',
  source: 'system',
};

/** One text for each of those who may ask for something, for what is kept per user: never two users under one. */
export function ownerKeyOf({ userId, externalId }: Principal): string {
  return externalId === undefined ? `user:${userId}` : `external:${externalId}`;
}

/** Does `role` include everything `required` may do? */
export function roleCovers(role: Role, required: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(required);
}
