import type { PageView } from '../../api/page.dto.js';
import type { WorkerRow } from '../worker-reads.service.js';

export class WorkerView {
  id: string;
  hostname: string;
  pid: number;
  slots: number;
  /** Jobs it holds. */
  running: number;
  stopping: boolean;
  started_at: Date;
  heartbeat_at: Date;
}

export class WorkerPage implements PageView<WorkerView> {
  items: WorkerView[];
  next_cursor: string | null;
}

export function toWorkerView({ startedAt, heartbeatAt, ...worker }: WorkerRow): WorkerView {
  return { ...worker, started_at: startedAt, heartbeat_at: heartbeatAt };
}
