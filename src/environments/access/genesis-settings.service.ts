import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, In } from 'typeorm';
import { AuditService } from '../../auth/audit/audit.service.js';
import type { Principal } from '../../auth/principal.js';
import { Config } from '../../config/config.js';
import { GenesisSetting } from '../records/genesis-setting.entity.js';
import { missing, refused } from '../wire/genesis-result.js';
import { FLOW_TIMEOUT, type KnownSetting, knownSettings, RESTRICTION } from './genesis-settings.js';

export interface SettingValue extends KnownSetting {
  readonly value: string;
}

/** The settings administrators change while Slipway runs; one nobody changed has its default. */
@Injectable()
export class GenesisSettingsService {
  private readonly known: readonly KnownSetting[];

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly audit: AuditService,
    { values }: Config,
  ) {
    this.known = knownSettings({ port: values.port, flowTimeoutMs: values.genesisFlowTimeout * 1000 });
  }

  async list(prefix = ''): Promise<SettingValue[]> {
    const stored = new Map(
      (await this.database.getRepository(GenesisSetting).find()).map((row) => [row.name, row.value]),
    );
    return this.matching(prefix).map((setting) => ({
      ...setting,
      value: stored.get(setting.name) ?? setting.fallback,
    }));
  }

  /** Are project users restricted to what they were granted? */
  async isRestricted(sql?: EntityManager): Promise<boolean> {
    return (await this.valueOf(RESTRICTION, sql)) === 'true';
  }

  /** How long a whole workflow may take. */
  async flowTimeoutMs(): Promise<number> {
    return Number(await this.valueOf(FLOW_TIMEOUT));
  }

  async set(principal: Principal, name: string, value: string): Promise<void> {
    const setting = this.changeable(name);
    const fault = setting.fault(value);
    if (fault !== undefined) throw refused({ variablesErrors: { [name]: fault } });
    await this.database.transaction(async (tx) => {
      const before = await tx.findOneBy(GenesisSetting, { name });
      await tx.upsert(GenesisSetting, { name, value }, ['name']);
      await this.audit.record(tx, principal, {
        action: 'update',
        objectType: 'genesis_setting',
        objectId: name,
        objectRepr: name,
        before,
        after: { name, value },
      });
    });
  }

  /** Back to the defaults: one of them, or all that begin so. */
  async reset(principal: Principal, names: readonly string[]): Promise<void> {
    await this.database.transaction(async (tx) => {
      const rows = await tx.findBy(GenesisSetting, { name: In([...names]) });
      if (rows.length === 0) return;
      await tx.delete(GenesisSetting, { name: In(rows.map(({ name }) => name)) });
      await this.audit.recordMany(
        tx,
        principal,
        rows.map((before) => ({
          action: 'delete',
          objectType: 'genesis_setting',
          objectId: before.name,
          objectRepr: before.name,
          before,
          after: null,
        })),
      );
    });
  }

  /** Throws where there is none, or where it may only be read. */
  changeable(name: string): KnownSetting {
    const setting = this.known.find((one) => one.name === name);
    if (setting === undefined) throw missing(`Setting [${name.slice(0, 128)}] was not found`);
    if (setting.isReadOnly) {
      throw refused({ compoundServiceErrors: [`Could not modify read-only property: ${name}`] });
    }
    return setting;
  }

  matching(prefix: string): readonly KnownSetting[] {
    return this.known.filter(({ name }) => name.startsWith(prefix));
  }

  private async valueOf(name: string, sql: EntityManager = this.database.manager): Promise<string> {
    const row = await sql.getRepository(GenesisSetting).findOneBy({ name });
    return row?.value ?? this.known.find((one) => one.name === name)?.fallback ?? '';
  }
}
