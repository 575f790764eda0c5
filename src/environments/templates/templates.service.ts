import { resolve } from 'node:path';
import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { EntityManager, Repository } from 'typeorm';
import { Conflict } from '../../common/errors.js';
import { writtenIssue } from '../../common/yaml/file-issue.js';
import { Config } from '../../config/config.js';
import { UsedTemplate } from '../records/used-template.entity.js';
import {
  type Catalog,
  catalogOf,
  type CatalogEntry,
  checksumOf,
  type TemplateIssue,
  type UsedVersion,
  versionKey,
} from './template-catalog.js';
import { folderStamp, readFolder } from './template-folder.js';
import type { Template } from './template.js';

const LOOK_EVERY_MS = 1_000;

/**
 * The templates of SLIPWAY_TEMPLATES_DIR (spec environments section 5.1). The folder is looked at every second, and read when it
 * has looked the same twice: half a file may well be a valid one.
 */
@Injectable()
export class TemplatesService implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Templates');
  private readonly folder: string;
  private timer: NodeJS.Timeout | undefined;
  private catalog: Catalog = { entries: [], issues: [] };
  private readStamp: string | null = '';
  private seenStamp: string | null = '';

  constructor(
    config: Config,
    @InjectRepository(UsedTemplate) private readonly used: Repository<UsedTemplate>,
  ) {
    this.folder = resolve(config.values.templatesDir);
  }

  async onModuleInit(): Promise<void> {
    await this.reload();
    this.lookAgain();
  }

  onModuleDestroy(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  list(): readonly Template[] {
    return this.catalog.entries.map(({ template }) => template);
  }

  find(name: string, version: string): Template | null {
    return this.entry(name, version)?.template ?? null;
  }

  /** The file's text. */
  source(name: string, version: string): string | null {
    return this.entry(name, version)?.content ?? null;
  }

  errors(): readonly TemplateIssue[] {
    return this.catalog.issues;
  }

  /**
   * From the end of this transaction on, the version is what it is now. Refused when it was used with another content before:
   * by a process that has read the folder at another time.
   */
  async use(tx: EntityManager, template: Template): Promise<void> {
    const { name, version } = template;
    const checksum = checksumOf(template);
    const kept = (await this.keptChecksum(tx, template)) ?? (await this.keep(tx, template, checksum));
    if (kept !== checksum) throw new Conflict(`Template ${name} ${version} was changed after it had been used`);
  }

  /** Reads the folder now, whether it changed or not. */
  async reload(): Promise<void> {
    this.seenStamp = await folderStamp(this.folder);
    const files = await readFolder(this.folder);
    const changed = await this.usedVersions();
    this.readStamp = this.seenStamp;
    const missing: TemplateIssue = {
      file: '',
      line: null,
      path: '',
      message: 'the folder of templates cannot be read',
    };
    const { entries, issues } = catalogOf(files, changed);
    this.take({ entries, issues: this.seenStamp === null ? [missing] : issues });
  }

  private async keptChecksum(tx: EntityManager, { name, version }: Template): Promise<string | undefined> {
    const row = await tx.findOne(UsedTemplate, { select: { checksum: true }, where: { name, version } });
    return row?.checksum;
  }

  /** The checksum of the row that stands in the end: of two transactions that insert it, the second waits for the first. */
  private async keep(tx: EntityManager, template: Template, checksum: string): Promise<string | undefined> {
    const { name, version } = template;
    // Its own text: the folder may have been read again since the template was found.
    const content = this.catalog.entries.find((entry) => entry.template === template)?.content ?? '';
    await tx.query(
      `insert into genesis_used_templates (name, version, checksum, content, template)
       values ($1, $2, $3, $4, $5) on conflict (name, version) do nothing`,
      [name, version, checksum, content, JSON.stringify(template)],
    );
    return this.keptChecksum(tx, template);
  }

  private entry(name: string, version: string): CatalogEntry | undefined {
    return this.catalog.entries.find(({ template }) => template.name === name && template.version === version);
  }

  private take(catalog: Catalog): void {
    this.catalog = catalog;
    this.logger.log(`${catalog.entries.length} templates were read`);
    for (const issue of catalog.issues) {
      const what = issue.file === '' ? this.folder : `${issue.file} is not used as it is`;
      this.logger.warn(`${what}: ${writtenIssue(issue)}`);
    }
  }

  private async usedVersions(): Promise<Map<string, UsedVersion>> {
    const rows = await this.used.find();
    return new Map(
      rows.map(({ name, version, checksum, content, template }) => [
        versionKey({ name, version }),
        // It was a template when it was stored.
        { checksum, content, template: template as unknown as Template },
      ]),
    );
  }

  private lookAgain(): void {
    this.timer = setTimeout(() => void this.look(), LOOK_EVERY_MS);
    this.timer.unref();
  }

  private async look(): Promise<void> {
    const stamp = await folderStamp(this.folder);
    const isSettled = stamp === this.seenStamp;
    this.seenStamp = stamp;
    if (isSettled && stamp !== this.readStamp) {
      await this.reload().catch((error: unknown) => {
        this.logger.warn(
          `The templates could not be read again: ${error instanceof Error ? error.message : 'unknown'}`,
        );
      });
    }
    if (this.timer !== undefined) this.lookAgain();
  }
}
