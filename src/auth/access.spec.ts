import { assertAllowed, type RequiredAccess } from './access.js';
import { SYSTEM_PRINCIPAL, type Role } from './principal.js';

describe('who may make a request', () => {
  const outcome = (
    role: Role,
    method: string,
    route: { required?: RequiredAccess; readsOnly?: boolean } = {},
    writeEnabled = true,
  ): string => {
    try {
      assertAllowed({ ...SYSTEM_PRINCIPAL, role, writeEnabled }, method, route);
      return 'allowed';
    } catch (error) {
      return (error as { details: { code: string } }).details.code;
    }
  };

  it.each([
    ['viewer', 'GET', 'allowed'],
    ['viewer', 'HEAD', 'allowed'],
    ['viewer', 'POST', 'role'],
    ['viewer', 'DELETE', 'role'],
    ['operator', 'PATCH', 'allowed'],
    ['admin', 'PUT', 'allowed'],
  ] as const)('by default %s, %s: %s', (role, method, expected) => {
    expect(outcome(role, method)).toBe(expected);
  });

  it.each([
    ['viewer', 'GET', 'operator', 'role'],
    ['operator', 'GET', 'admin', 'role'],
    ['admin', 'POST', 'admin', 'allowed'],
    ['viewer', 'POST', 'viewer', 'allowed'],
  ] as const)('%s, %s where %s is declared: %s', (role, method, required, expected) => {
    expect(outcome(role, method, { required: { role: required } })).toBe(expected);
  });

  it('a token of one plan is taken only where a route says so, and has no more rights there', () => {
    const plan = { ...SYSTEM_PRINCIPAL, role: 'operator' as const, plan: 'nightly' };
    expect(() => assertAllowed(plan, 'GET', {})).toThrow('starts the plan nightly and nothing else');
    expect(() => assertAllowed(plan, 'POST', { required: { role: 'viewer' }, readsOnly: true })).toThrow(
      'nothing else',
    );
    expect(() => assertAllowed(plan, 'POST', { takesPlanTokens: true })).not.toThrow();
    expect(() => assertAllowed(plan, 'POST', { takesPlanTokens: true, required: { role: 'admin' } })).toThrow('admin');
  });

  it('a read-only token reads, also by a POST that only reads', () => {
    expect(outcome('admin', 'GET', {}, false)).toBe('allowed');
    expect(outcome('admin', 'POST', {}, false)).toBe('read_only');
    expect(outcome('viewer', 'POST', { readsOnly: true }, false)).toBe('allowed');
  });

  it('hands the route’s word for its action to whoever words the refusal', () => {
    const required: RequiredAccess = { role: 'operator', action: 'upgrade device firmware' };
    expect(() => assertAllowed({ ...SYSTEM_PRINCIPAL, role: 'viewer' }, 'POST', { required })).toThrow(
      expect.objectContaining({ details: { code: 'role', ...required } }),
    );
  });
});
