import type { DataSource } from 'typeorm';
import { storableJson, storableText } from '../../orchestration/storable.js';
import { maskSecrets } from '../steps/mask-secrets.js';
import type { ActionEnd, LogEntry, StepRecorder } from '../steps/step-work.js';

/** Of one entry; a command may print a line of any length. */
const LONGEST_ENTRY = 16_384;

/**
 * Writes what a step tells of itself while it runs. Each write is a statement that changes nothing the second time, and
 * nothing at all once the step has ended.
 */
export class StepRecords implements StepRecorder {
  constructor(
    private readonly dataSource: DataSource,
    private readonly stepId: number,
    private readonly secrets: readonly string[],
  ) {}

  async startAction(action: { readonly uuid: string; readonly name: string; readonly description?: string }) {
    await this.dataSource.query(
      `insert into environment_actions (uuid, step_id, name, description, status)
       select $1, id, $3, $4, 'Running' from environment_steps where id = $2 and status = 'Running'
       on conflict (uuid) do nothing`,
      [action.uuid, this.stepId, this.shown(action.name), action.description ? this.shown(action.description) : null],
    );
  }

  async endAction(uuid: string, status: ActionEnd, message?: string): Promise<void> {
    await this.dataSource.query(
      `with ended as (
         update environment_actions set status = $3, finished_at = now()
         where uuid = $1 and step_id = $2 and status = 'Running' returning uuid, step_id)
       insert into environment_logs (step_id, action_uuid, text)
       select step_id, uuid, $4 from ended where $4::text is not null`,
      [uuid, this.stepId, status, message === undefined ? null : this.shown(message)],
    );
  }

  async log(uuid: string | null, entries: readonly LogEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const rows = entries.map(({ text, position }) => ({ text: this.shown(text), position }));
    await this.dataSource.query(
      `insert into environment_logs (step_id, action_uuid, position, text)
       select $1, $2, entry.position, entry.text
       from jsonb_to_recordset($3::jsonb) as entry(text text, position integer)
       order by entry.position
       on conflict do nothing`,
      [this.stepId, uuid, storableJson(rows)],
    );
  }

  private shown(text: string): string {
    const masked = maskSecrets(storableText(text), this.secrets);
    return masked.length > LONGEST_ENTRY ? `${masked.slice(0, LONGEST_ENTRY)}…` : masked;
  }
}
