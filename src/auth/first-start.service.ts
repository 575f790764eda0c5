import { randomBytes } from 'node:crypto';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Config } from '../config/config.js';
import { AuditService } from './audit/audit.service.js';
import { hashPassword } from './password-hash.js';
import { SYSTEM_PRINCIPAL } from './principal.js';
import { Token } from './token.entity.js';
import { hashTokenKey, isUsableKey } from './token-key.js';
import { TokensService } from './tokens.service.js';
import { User } from './user.entity.js';
import { newUsername } from './username.js';
import { UsersService } from './users.service.js';

/** Any number that is ours: processes that start together take this lock one after the other. */
const FIRST_START_LOCK = 7_253_001;

/** Makes the administrator when there is no user at all, and the token from the settings where it is missing. */
@Injectable()
export class FirstStartService implements OnModuleInit {
  private readonly logger = new Logger(FirstStartService.name);

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly config: Config,
    private readonly users: UsersService,
    private readonly tokens: TokensService,
    private readonly audit: AuditService,
  ) {}

  async onModuleInit(): Promise<void> {
    const generated = await this.database.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1)', [FIRST_START_LOCK]);
      const password = await this.createAdministrator(tx);
      await this.createAdministratorToken(tx);
      return password;
    });
    if (generated !== null) announce(newUsername(this.config.values.adminUsername), generated);
  }

  /** The generated password, or null where none was needed. */
  private async createAdministrator(tx: EntityManager): Promise<string | null> {
    if ((await tx.count(User)) > 0) return null;
    const { adminUsername, adminPassword } = this.config.values;
    const password = adminPassword ?? randomBytes(18).toString('base64url');
    await this.users.insert(tx, SYSTEM_PRINCIPAL, {
      username: newUsername(adminUsername),
      passwordHash: await hashPassword(password),
      role: 'admin',
    });
    return adminPassword === undefined ? password : null;
  }

  private async createAdministratorToken(tx: EntityManager): Promise<void> {
    const { adminUsername, adminToken: key } = this.config.values;
    if (key === undefined) return;
    if (!isUsableKey(key)) throw new Error('SLIPWAY_ADMIN_TOKEN must be at most 255 visible ASCII characters');
    if (await tx.existsBy(Token, { keyHash: hashTokenKey(key) })) return;
    const owner = await tx.findOneBy(User, { username: newUsername(adminUsername) });
    if (owner?.role !== 'admin') {
      this.logger.warn(`SLIPWAY_ADMIN_TOKEN is ignored: there is no administrator "${adminUsername}"`);
      return;
    }
    const { token } = await this.tokens.mint(tx, owner, 'api', { description: 'SLIPWAY_ADMIN_TOKEN' }, key);
    await this.audit.record(tx, SYSTEM_PRINCIPAL, {
      action: 'create',
      objectType: 'token',
      objectId: token.id,
      objectRepr: `SLIPWAY_ADMIN_TOKEN of ${owner.username}`,
      after: token,
    });
  }
}

/** To the terminal and not to the log: this is the one time it is shown. */
function announce(username: string, password: string): void {
  process.stdout.write(
    `\nFirst start: administrator "${username}" was created with the password ${password}\n` +
      'It is not stored in clear and not shown again; set SLIPWAY_ADMIN_PASSWORD to choose your own.\n\n',
  );
}
