import { EventEmitter } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { type FileIssue, writtenIssue } from '../../common/yaml/file-issue.js';
import { LARGEST_YAML } from '../../common/yaml/read-yaml.js';
import { Config } from '../../config/config.js';
import { Metrics } from '../../operations/metrics.js';
import { ReadinessChecks } from '../../operations/readiness-checks.js';
import type { NodepoolConfig } from './nodepool-config.js';
import { parseConfig, type ParsedConfig } from './parse-config.js';
import type { ConfigPlace } from './to-config.js';

const LOOK_EVERY_MS = 1_000;
/** Enough to begin mending the file; `POST /v1/config/validate` lists them all. */
const SHOWN_ISSUES = 10;

interface StoreEvents {
  /** The file was read, well or not. */
  read: [];
}

/**
 * `nodepool.yaml` as it was last read well (spec nodepool sections 2.6 and 2.7). The file is looked at every second: a watch
 * is lost when an editor replaces the file by another, and does not see other machines' file systems. It is read when it
 * has looked the same twice, because half of a YAML file may well be a valid one that names half of the pool.
 */
@Injectable()
export class NodepoolConfigStore implements OnModuleInit, OnModuleDestroy {
  readonly events = new EventEmitter<StoreEvents>();
  private readonly logger = new Logger('Nodepool');
  private readonly file: string | null;
  private timer: NodeJS.Timeout | undefined;
  private good: NodepoolConfig | null = null;
  private goodSince: Date | null = null;
  private errors: readonly FileIssue[] = [];
  private warnings: readonly FileIssue[] = [];
  private readStamp = '';
  private seenStamp = '';

  constructor(
    private readonly config: Config,
    private readonly checks: ReadinessChecks,
    private readonly metrics: Metrics,
  ) {
    const { nodepoolConfFile } = config.values;
    this.file = nodepoolConfFile === undefined ? null : resolve(nodepoolConfFile);
  }

  async onModuleInit(): Promise<void> {
    if (this.file === null) return;
    this.report();
    await this.reload();
    this.lookAgain();
  }

  onModuleDestroy(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Null where no file is named, and while none was ever good. */
  current(): NodepoolConfig | null {
    return this.good;
  }

  /** What is wrong with the file as it is now, in one text without a value of it; null when nothing is. */
  problem(): string | null {
    if (this.errors.length === 0) return null;
    const more = this.errors.length > SHOWN_ISSUES ? [`and ${this.errors.length - SHOWN_ISSUES} more`] : [];
    return [...this.errors.slice(0, SHOWN_ISSUES).map(writtenIssue), ...more].join('; ');
  }

  /** Reads the file now, whether it changed or not. */
  async reload(): Promise<void> {
    if (this.file === null) return;
    this.readStamp = this.seenStamp = await this.stamp();
    this.take(await this.parseFile());
    this.events.emit('read');
  }

  /** Says what is wrong with a text, or with the file as it is now. Changes nothing. */
  check(text: string | Uint8Array | null): Promise<ParsedConfig> {
    return text === null ? this.parseFile() : Promise.resolve(parseConfig(text, this.place()));
  }

  private lookAgain(): void {
    this.timer = setTimeout(() => void this.look(), LOOK_EVERY_MS);
    this.timer.unref();
  }

  private async look(): Promise<void> {
    const stamp = await this.stamp();
    const isSettled = stamp === this.seenStamp;
    this.seenStamp = stamp;
    if (isSettled && stamp !== this.readStamp) await this.reload();
    if (this.timer !== undefined) this.lookAgain();
  }

  /** Changes whenever the file does, also when it is replaced by another or vanishes. */
  private async stamp(): Promise<string> {
    try {
      const { dev, ino, size, mtimeMs, ctimeMs } = await stat(this.file ?? '');
      return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
    } catch (error) {
      return codeOf(error);
    }
  }

  private async parseFile(): Promise<ParsedConfig> {
    if (this.file === null) return unreadable('NODEPOOL_CONF_FILE is not set');
    try {
      const found = await stat(this.file);
      if (!found.isFile()) return unreadable('is not a file');
      if (found.size > LARGEST_YAML) return unreadable(`is larger than ${LARGEST_YAML} bytes`);
      return parseConfig(await readFile(this.file), this.place());
    } catch (error) {
      return unreadable(`cannot be read (${codeOf(error)})`);
    }
  }

  private place(): ConfigPlace {
    return {
      folder: this.file === null ? this.config.dataDir : dirname(this.file),
      defaultImagesDir: join(this.config.dataDir, 'nodepool', 'images'),
    };
  }

  private take({ config, errors, warnings }: ParsedConfig): void {
    this.errors = errors;
    this.warnings = warnings;
    const name = basename(this.file ?? '');
    if (config === null) {
      const consequence = this.good === null ? 'there is no pool until it is mended' : 'the last good one stays';
      this.logger.warn(`${name} is not used, ${consequence}: ${this.problem()}`);
      return;
    }
    this.good = config;
    this.goodSince = new Date();
    this.logger.log(`${name} was read: ${config.providers.length} providers, ${config.labels.length} labels`);
    for (const warning of warnings) this.logger.warn(`${name}: ${writtenIssue(warning)}`);
  }

  /** A broken file is for its author to mend and no reason to send this process no work: the check never fails. */
  private report(): void {
    this.checks.register('nodepool_config', () => {
      const state =
        this.errors.length === 0 ? 'good' : this.good === null ? 'broken' : 'broken, the last good one is used';
      const since = this.goodSince?.toISOString() ?? null;
      const warnings = this.warnings.slice(0, SHOWN_ISSUES).map(writtenIssue);
      return Promise.resolve({ config: state, used_since: since, problem: this.problem(), warnings });
    });
    const isGood = () => (this.errors.length === 0 ? 1 : 0);
    this.metrics.gauge({
      name: 'slipway_nodepool_config_good',
      help: '1 while nodepool.yaml as it is now can be used, else 0',
      collect() {
        this.set(isGood());
      },
    });
    const readAt = () => (this.goodSince?.getTime() ?? 0) / 1000;
    this.metrics.gauge({
      name: 'slipway_nodepool_config_read_timestamp_seconds',
      help: 'When the nodepool.yaml in use was read',
      collect() {
        this.set(readAt());
      },
    });
  }
}

function unreadable(message: string): ParsedConfig {
  return { config: null, errors: [{ line: null, path: '', message }], warnings: [] };
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown error';
}
