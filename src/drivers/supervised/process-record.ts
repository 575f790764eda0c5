import { readFile } from 'node:fs/promises';
import { parseStat, type ProcessStat } from './process-table.js';

/**
 * Who a supervised process is, in a file that only we can write: our line first (before anything is started), then what
 * the process says about itself before it becomes the program it was started for.
 */
export interface ProcessRecord {
  /** In the environment of the process and of all it starts; empty where the start did not get as far. */
  readonly marker: string;
  readonly startedAt: Date;
  /** Null: it never came to life, or has not yet. */
  readonly leader: ProcessStat | null;
  readonly bootId: string;
}

/** Null: there is no such file. A half-written one says as much as it does. */
export async function readRecord(path: string): Promise<ProcessRecord | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  return parseRecord(text);
}

export function parseRecord(text: string): ProcessRecord {
  // The piece behind the last line feed is a line that was not written to its end.
  const [first, stat, bootId] = text.split('\n').slice(0, -1);
  const { marker, startedAt } = parseFirstLine(first ?? '');
  const leader = stat !== undefined && bootId !== undefined ? parseStat(stat) : null;
  return { marker, startedAt, leader, bootId: bootId ?? '' };
}

export function firstLine(marker: string, startedAt: Date): string {
  return `${marker} ${startedAt.toISOString()}\n`;
}

function parseFirstLine(line: string): { marker: string; startedAt: Date } {
  const [marker = '', time = ''] = line.split(' ');
  const startedAt = new Date(time);
  return Number.isNaN(startedAt.getTime()) ? { marker: '', startedAt: new Date(0) } : { marker, startedAt };
}
