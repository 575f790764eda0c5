import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { Invalid, NotFound } from '../common/errors.js';
import { Config } from '../config/config.js';
import { normaliseNetwork } from './allowed-networks.js';
import { AuditService } from './audit/audit.service.js';
import { SYSTEM_PRINCIPAL, type Principal } from './principal.js';
import { Token, type TokenKind } from './token.entity.js';
import { hashTokenKey, newTokenKey, previewOf } from './token-key.js';
import { User } from './user.entity.js';

export interface TokenWish {
  readonly description?: string;
  readonly writeEnabled?: boolean;
  readonly expiresAt?: Date | null;
  readonly allowedIps?: readonly string[];
  /** The one plan a token of the kind `plan` may start. */
  readonly plan?: string;
}

/** A token with its key, which exists only in this answer: it is stored as a hash. */
export interface MintedToken {
  readonly token: Token;
  readonly key: string;
}

export interface TokenWithOwner {
  readonly token: Token;
  readonly owner: User;
}

const TOUCH_EVERY_MS = 60_000;
const KEEP_EXPIRED_LOGINS_MS = 24 * 3_600_000;
/**
 * Programs that log in for every command must not fill the table, nor take away the token another program of the same
 * user is working with: so many log-ins within the minute in which `touch` notes a use are not to be expected.
 */
const MOST_LOGIN_TOKENS = 200;

/** Keys that stand for their owner: made, found, used, taken back. */
@Injectable()
export class TokensService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly audit: AuditService,
    private readonly config: Config,
  ) {}

  /** One look-up by unique index, owner included; also finds expired ones, so that a refusal can say so. */
  async findByKey(key: string): Promise<TokenWithOwner | null> {
    const token = await this.database
      .getRepository(Token)
      .createQueryBuilder('token')
      .innerJoinAndSelect('token.user', 'owner')
      .where('token.keyHash = :hash', { hash: hashTokenKey(key) })
      .getOne();
    return token?.user ? { token, owner: token.user } : null;
  }

  /** Notes the use of a token, at most once a minute however many requests and processes use it. */
  async touch(token: Token, now: Date): Promise<void> {
    const due = new Date(now.getTime() - TOUCH_EVERY_MS);
    if (token.lastUsedAt !== null && token.lastUsedAt > due) return;
    await this.database
      .createQueryBuilder()
      .update(Token)
      .set({ lastUsedAt: now })
      .where('id = :id and (last_used_at is null or last_used_at <= :due)', { id: token.id, due })
      .execute();
  }

  async get(id: number): Promise<TokenWithOwner> {
    const token = await this.database.getRepository(Token).findOne({ where: { id }, relations: { user: true } });
    if (!token?.user) throw new NotFound(`No token has the id ${id}`);
    return { token, owner: token.user };
  }

  /** Throws `Invalid` with details `{field}` where the owner or a network is not one. */
  async create(principal: Principal, ownerId: number | null, wish: TokenWish): Promise<MintedToken & { owner: User }> {
    return this.database.transaction((tx) => this.createWithin(tx, principal, ownerId, wish));
  }

  /** As `create`, inside the caller's transaction. */
  async createWithin(
    tx: EntityManager,
    principal: Principal,
    ownerId: number | null,
    wish: TokenWish,
  ): Promise<MintedToken & { owner: User }> {
    // Who is kept elsewhere owns nothing here, and has to name somebody who can.
    if (ownerId === null) throw new Invalid('This field is required.', { field: 'user' });
    const owner = await tx.findOneBy(User, { id: ownerId });
    if (!owner) throw new Invalid(`Invalid pk "${ownerId}" - object does not exist.`, { field: 'user' });
    const minted = await this.mint(tx, owner, 'api', wish);
    await this.recordChange(tx, principal, 'create', owner, null, minted.token);
    return { ...minted, owner };
  }

  /** The same token under a new key; the old key stops working at once. */
  async regenerate(principal: Principal, id: number): Promise<MintedToken & { owner: User }> {
    return this.database.transaction(async (tx) => {
      const { token, owner } = await this.lock(tx, id);
      const key = newTokenKey();
      const change = { keyHash: hashTokenKey(key), keyPreview: previewOf(key), lastUsedAt: null };
      await tx.update(Token, id, change);
      const changed = tx.create(Token, { ...token, ...change });
      await this.recordChange(tx, principal, 'regenerate', owner, token, changed);
      return { token: changed, key, owner };
    });
  }

  async revoke(principal: Principal, id: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      const { token, owner } = await this.lock(tx, id);
      await tx.delete(Token, id);
      await this.recordChange(tx, principal, 'delete', owner, token, null);
    });
  }

  /** Inside the caller's transaction, who writes the audit record. Says whether the token was still there. */
  async removeWithin(tx: EntityManager, id: number): Promise<boolean> {
    const { affected } = await tx.delete(Token, id);
    return affected === 1;
  }

  /** Stores a token for `owner` inside the caller's transaction; the caller writes the audit record. */
  async mint(
    tx: EntityManager,
    owner: User,
    kind: TokenKind,
    wish: TokenWish,
    key = newTokenKey(),
  ): Promise<MintedToken> {
    const token = tx.create(Token, {
      userId: owner.id,
      kind,
      plan: wish.plan ?? null,
      keyHash: hashTokenKey(key),
      keyPreview: previewOf(key),
      description: wish.description ?? '',
      writeEnabled: wish.writeEnabled ?? true,
      expiresAt: wish.expiresAt ?? null,
      allowedIps: networks(wish.allowedIps ?? []),
      lastUsedAt: null,
    });
    return { token: await tx.save(token), key };
  }

  /** A token for a log-in. The caller holds a lock on the owner's row, so the cap holds for log-ins at the same time. */
  async mintForLogin(tx: EntityManager, owner: User, now: Date): Promise<MintedToken> {
    const expiresAt = new Date(now.getTime() + this.config.values.loginTokenHours * 3_600_000);
    const minted = await this.mint(tx, owner, 'login', { description: 'Log-in', expiresAt });
    await tx.query(
      `delete from tokens where user_id = $1 and kind = 'login' and id not in (
         select id from tokens where user_id = $1 and kind = 'login'
         order by greatest(created_at, last_used_at) desc, id desc limit $2)`,
      [owner.id, MOST_LOGIN_TOKENS],
    );
    return minted;
  }

  /**
   * Housekeeping for the scheduler: removes log-in tokens that ran out a day or more ago. Tokens an administrator made stay,
   * so that their users go on hearing "expired" and the list shows why.
   */
  async removeExpiredLogins(tx: EntityManager, now: Date): Promise<number> {
    const before = new Date(now.getTime() - KEEP_EXPIRED_LOGINS_MS);
    const { affected } = await tx
      .createQueryBuilder()
      .delete()
      .from(Token)
      .where(`kind = 'login' and expires_at < :before`, { before })
      .execute();
    const count = affected ?? 0;
    if (count > 0) {
      const objectRepr = `${count} expired log-in tokens`;
      await this.audit.record(tx, SYSTEM_PRINCIPAL, {
        action: 'expire',
        objectType: 'token',
        objectId: '',
        objectRepr,
      });
    }
    return count;
  }

  private async lock(tx: EntityManager, id: number): Promise<TokenWithOwner> {
    const token = await tx.findOne(Token, { where: { id }, lock: { mode: 'pessimistic_write' } });
    const owner = token && (await tx.findOneBy(User, { id: token.userId }));
    if (!owner) throw new NotFound(`No token has the id ${id}`);
    return { token, owner };
  }

  private async recordChange(
    tx: EntityManager,
    principal: Principal,
    action: string,
    owner: User,
    before: Token | null,
    after: Token | null,
  ): Promise<void> {
    const { id, keyPreview } = (after ?? before) as Token;
    const objectRepr = `${keyPreview}… of ${owner.username}`;
    await this.audit.record(tx, principal, { action, objectType: 'token', objectId: id, objectRepr, before, after });
  }
}

function networks(given: readonly string[]): string[] {
  return given.map((text) => {
    const network = normaliseNetwork(text);
    if (network === null)
      throw new Invalid(`"${text.slice(0, 60)}" is not an address or a network.`, { field: 'allowed_ips' });
    return network;
  });
}
