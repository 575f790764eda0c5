import { authGuard } from '../../auth/passport/auth.guard.js';

/** `X-Auth-Token` is Keystone's own; the others are what our other dialects' clients already send. */
export const KeystoneGuard = authGuard(['x-auth-token', 'token', 'bearer']);
