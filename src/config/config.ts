import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseSettings, SETTINGS, type SettingKey, type SettingValues } from './settings.js';

/**
 * What this process was told to be. The only reader of `process.env` and `.env`; everything else is handed a `Config`.
 * `databaseUrl` is filled in by the embedded server when it was unset.
 */
export class Config {
  constructor(readonly values: SettingValues) {}

  get dataDir(): string {
    return resolve(this.values.dataDir);
  }

  /** Does this process run steps and the scheduler's ticks? */
  get isWorker(): boolean {
    return this.values.role !== 'api';
  }

  /** Does this process answer the dialects? A worker only serves health and metrics. */
  get isApi(): boolean {
    return this.values.role !== 'worker';
  }
}

/** Reads `.env` (without overriding the environment) and the environment. Throws `InvalidSettings`. */
export function loadConfig(overrides: Partial<SettingValues> = {}): Config {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return new Config({ ...parseSettings(process.env), ...overrides });
}

/** Was the setting stated, or does its default stand? After `loadConfig`, which reads `.env`. */
export function isGiven(key: SettingKey): boolean {
  return (process.env[SETTINGS[key].name] ?? '').trim() !== '';
}
