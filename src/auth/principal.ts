/** What a user may do, from least to most: see, run and edit, manage users and secrets. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** How a request showed who it is. `login` is a password given to a log-in call, `system` is Slipway itself. */
export type Scheme = 'token' | 'bearer' | 'x-auth-token' | 'basic';

/** Who asks for something: put on a request by the guard, handed to every service that changes or records. */
export interface Principal {
  /** Null only for Slipway's own acts. */
  readonly userId: number | null;
  readonly username: string;
  readonly role: Role;
  /** Null where the request was not made with a token. */
  readonly tokenId: number | null;
  readonly writeEnabled: boolean;
  /** The client's address; empty for Slipway's own acts. */
  readonly address: string;
  readonly source: Scheme | 'login' | 'system';
  readonly userAgent?: string;
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

/** Does `role` include everything `required` may do? */
export function roleCovers(role: Role, required: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(required);
}
