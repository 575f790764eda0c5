import type { OnModuleInit } from '@nestjs/common';
import type { Sql } from '../sql.js';
import type { Target, TargetAction, TargetKind, TargetKinds, TargetPage } from './target-kinds.js';

/** Targets whose ids are the numbers of a table. */
export interface TargetRows {
  readonly kind: string;
  /** A statement with the columns key (integer), label, site, tags (jsonb), version and state. */
  readonly select: string;
}

interface Row extends Omit<Target, 'kind' | 'id'> {
  readonly key: number;
}

const COLUMNS = 'key, label, site, tags, version, state';
const MOST_KEY = 2 ** 31 - 1;

/** A kind whose targets are the rows of a table. What is left to say is whose they are and what can be done to them. */
export abstract class RowTargets implements TargetKind, OnModuleInit {
  abstract readonly dialect: string;
  abstract readonly actions: Readonly<Record<string, TargetAction>>;
  readonly kind: string;

  protected constructor(
    private readonly kinds: TargetKinds,
    private readonly rows: TargetRows,
  ) {
    this.kind = rows.kind;
  }

  onModuleInit(): void {
    this.kinds.register(this);
  }

  async list(sql: Sql, { after, limit, filter }: TargetPage): Promise<Target[]> {
    const found = await sql.query<Row[]>(
      `select ${COLUMNS} from (${this.rows.select}) target
       where key > $1 and ($2::text is null or site = $2) and ($3::text is null or tags ? $3)
         and ($4::text is null or state = $4) and ($5::text is null or strpos(lower(label), lower($5)) > 0)
       order by key limit $6`,
      [
        after === null ? 0 : Number(after),
        filter.site ?? null,
        filter.tag ?? null,
        filter.state ?? null,
        filter.text ?? null,
        limit,
      ],
    );
    return found.map((row) => this.toTarget(row));
  }

  /** By number or by name. What no number or name can be is not found. */
  async find(sql: Sql, names: readonly string[]): Promise<Target[]> {
    const keys = names.filter((name) => /^[1-9]\d{0,9}$/.test(name) && Number(name) <= MOST_KEY).map(Number);
    const labels = names.filter((name) => !name.includes('\0'));
    const found = await sql.query<Row[]>(
      `select ${COLUMNS} from (${this.rows.select}) target where key = any($1::integer[])
       union select ${COLUMNS} from (${this.rows.select}) target where label = any($2::text[])`,
      [keys, labels],
    );
    return found.map((row) => this.toTarget(row));
  }

  private toTarget({ key, ...row }: Row): Target {
    return { kind: this.kind, id: String(key), ...row };
  }
}
