import type { AuditEvent } from '../../../auth/audit/audit-event.entity.js';
import type { Token } from '../../../auth/token.entity.js';
import type { User } from '../../../auth/user.entity.js';
import { permissionsOf } from '../permissions.js';
import { toActivityLogView } from './activity-logs.view.js';
import { toMintedTokenView, toTokenView } from './tokens.view.js';
import { toAccountView, toUserView } from './users.view.js';

const at = new Date('2026-02-03T04:05:06.789Z');
const user: User = {
  id: 7,
  username: 'ann',
  email: 'ann@example.org',
  passwordHash: 'never shown',
  role: 'operator',
  isActive: true,
  createdAt: at,
  updatedAt: at,
  lastLoginAt: null,
};
const token: Token = {
  id: 3,
  userId: 7,
  kind: 'api',
  plan: null,
  keyHash: 'never shown',
  keyPreview: 'AbCdEfGh',
  description: 'ci',
  writeEnabled: false,
  expiresAt: at,
  allowedIps: ['10.0.0.0/8', '::1/128'],
  createdAt: at,
  lastUsedAt: null,
};

describe('what identity looks like on the wire', () => {
  it('a user', () => {
    expect(toUserView(user)).toEqual({
      id: 7,
      username: 'ann',
      email: 'ann@example.org',
      is_staff: false,
      is_superuser: false,
      groups: ['operator'],
      role: 'operator',
      is_active: true,
      date_joined: '2026-02-03T04:05:06.789Z',
      last_login: null,
      created_at: '2026-02-03T04:05:06.789Z',
      updated_at: '2026-02-03T04:05:06.789Z',
    });
    expect(toAccountView({ ...user, role: 'admin' })).toMatchObject({ is_staff: true, is_superuser: true, groups: [] });
  });

  it('a token, with its key only when it was just made', () => {
    const view = {
      id: 3,
      user: 7,
      user_name: 'ann',
      key_preview: 'AbCdEfGh',
      kind: 'api',
      description: 'ci',
      write_enabled: false,
      expires: '2026-02-03T04:05:06.789Z',
      allowed_ips: '10.0.0.0/8,::1/128',
      created: '2026-02-03T04:05:06.789Z',
      last_used: null,
    };
    expect(toTokenView(token, user)).toEqual(view);
    expect(toMintedTokenView({ token, key: 'shown once' }, user)).toEqual({ ...view, key: 'shown once' });
  });

  it('an audit event', () => {
    const event: AuditEvent = {
      id: '12',
      at,
      userId: null,
      userName: 'system',
      address: '',
      userAgent: '',
      source: 'system',
      action: 'set_password',
      objectType: 'user',
      objectId: '7',
      objectRepr: 'ann',
      before: { role: 'viewer' },
      after: { role: 'operator', email: 'x@y' },
    };
    expect(toActivityLogView(event)).toEqual({
      id: 12,
      user: null,
      user_name: 'system',
      action: 'set_password',
      action_display: 'Set password',
      content_type: 'user',
      object_id: '7',
      object_repr: 'ann',
      changes: { role: { old: 'viewer', new: 'operator' }, email: { old: null, new: 'x@y' } },
      ip_address: null,
      user_agent: '',
      source: 'system',
      timestamp: '2026-02-03T04:05:06.789Z',
    });
  });

  it('permissions grow with the role', () => {
    expect(permissionsOf('viewer')).toContain('devices.view_device');
    expect(permissionsOf('viewer')).not.toContain('devices.upgrade_device_firmware');
    expect(permissionsOf('operator')).toEqual(
      expect.arrayContaining([...permissionsOf('viewer'), 'devices.upgrade_device_firmware']),
    );
    expect(permissionsOf('operator').filter((code) => code.startsWith('users.'))).toEqual([]);
    expect(permissionsOf('admin')).toEqual(expect.arrayContaining([...permissionsOf('operator'), 'users.delete_user']));
  });
});
