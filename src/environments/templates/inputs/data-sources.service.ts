import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/config.js';
import type { Choices, DataSource, JsonObject, Template, Workflow } from '../template.js';
import type { SourceLists } from './choices.js';

const MOST_CHOICES = 1_000;

/** Reads the lists a workflow's variables are chosen from, as they are now (spec environments section 5.2). */
@Injectable()
export class DataSources {
  private readonly folder: string;

  constructor(config: Config) {
    this.folder = resolve(config.values.templatesDir);
  }

  async listsFor(template: Template, workflow: Workflow, envConfig: JsonObject): Promise<SourceLists> {
    const wanted = new Set(
      workflow.variables.flatMap(({ choices }) => (choices?.from === 'source' ? [choices.source] : [])),
    );
    const lists = new Map<string, Choices>();
    for (const name of wanted) {
      const source = template.dataSources[name];
      if (source) lists.set(name, await this.listOf(source, envConfig));
    }
    return lists;
  }

  private async listOf(source: DataSource, envConfig: JsonObject): Promise<Choices> {
    switch (source.kind) {
      case 'static':
        return source.list;
      case 'config':
        return ofConfigItem(envConfig[source.item]);
      case 'directory':
        return this.ofDirectory(source.path, source.filter);
    }
  }

  /** A folder that is not there is an empty list: nothing can be chosen, which is what the form then shows. */
  private async ofDirectory(path: string, filter: string): Promise<Choices> {
    const entries = await readdir(join(this.folder, path), { withFileTypes: true }).catch(() => []);
    const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    const matching = names.filter((name) => !name.startsWith('.') && fits(name, filter));
    return matching
      .sort()
      .slice(0, MOST_CHOICES)
      .map((name) => [name, name] as const);
  }
}

function ofConfigItem(item: unknown): Choices {
  if (typeof item !== 'string') return [];
  const values = item.split(',').map((value) => value.trim());
  return [...new Set(values)].filter((value) => value !== '').map((value) => [value, value] as const);
}

/** Does a file's name fit `disk-*.iso`? Each star takes as little as it can, so nothing is tried twice. */
export function fits(name: string, filter: string): boolean {
  const [first = '', ...rest] = filter.split('*');
  const last = rest.pop();
  if (last === undefined) return name === filter;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= name.length - last.length;
}
