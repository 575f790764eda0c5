import { ROLES, roleCovers, type Role } from '../../auth/principal.js';

/**
 * What a role may do, in the permission codes of the Upgrade dialect: `<app>.{view,add,change,delete}_<model>` (spec upgrade
 * section 2). Only told to clients; what is really allowed is declared on the routes.
 */
export interface Permission {
  readonly id: number;
  readonly codename: string;
  readonly code: string;
  readonly name: string;
  /** The least role that has it. */
  readonly role: Role;
}

export interface Group {
  readonly id: number;
  readonly name: Role;
  readonly permissions: readonly string[];
}

const ACTIONS = ['view', 'add', 'change', 'delete'] as const;

/** Things of each app, with the least role to see and to change them. */
const MODELS: readonly (readonly [app: string, models: readonly string[], see: Role, edit: Role])[] = [
  ['devices', ['device', 'devicemodel', 'site', 'region'], 'viewer', 'operator'],
  ['devices', ['globalcredential'], 'admin', 'admin'],
  ['images', ['image', 'goldenimage'], 'viewer', 'operator'],
  ['images', ['fileserver'], 'viewer', 'admin'],
  ['core', ['workflow', 'workflowstep', 'validationcheck', 'checkrun', 'job'], 'viewer', 'operator'],
  ['core', ['activitylog'], 'admin', 'admin'],
  ['users', ['user', 'group', 'token'], 'admin', 'admin'],
];

const SPECIAL = ['upgrade_device_firmware', 'sync_device_inventory', 'check_device_readiness'] as const;

export const PERMISSIONS: readonly Permission[] = [
  ...MODELS.flatMap(([app, models, see, edit]) =>
    models.flatMap((model) =>
      ACTIONS.map((action) => ({
        codename: `${action}_${model}`,
        code: `${app}.${action}_${model}`,
        name: `Can ${action} ${model}`,
        role: action === 'view' ? see : edit,
      })),
    ),
  ),
  ...SPECIAL.map((codename) => ({
    codename,
    code: `devices.${codename}`,
    name: `Can ${codename.replaceAll('_', ' ')}`,
    role: 'operator' as const,
  })),
].map((permission, index) => ({ id: index + 1, ...permission }));

export const GROUPS: readonly Group[] = ROLES.map((name, index) => ({
  id: index + 1,
  name,
  permissions: permissionsOf(name),
}));

export function permissionsOf(role: Role): string[] {
  return PERMISSIONS.filter((permission) => roleCovers(role, permission.role)).map(({ code }) => code);
}
