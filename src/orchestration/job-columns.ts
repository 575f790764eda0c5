/** The columns of `jobs j` under the names of the entity, for statements that TypeORM does not write. */
export const JOB_COLUMNS = `j.id, j.batch_id as "batchId", j.wave, j.position, j.kind, j.target_kind as "targetKind",
  j.target_id as "targetId", j.label, j.status, j.phase, j.progress, j.current_step as "currentStep", j.steps, j.input,
  j.critical, j.site, j.tags, j.unknown, j.retried_from as "retriedFrom", j.abort_requested_by as "abortRequestedBy", j.attempt, j.worker_id as "workerId", j.wake_at as "wakeAt", j.waiting_for as "waitingFor", j.reason,
  j.created_at as "createdAt", j.started_at as "startedAt", j.finished_at as "finishedAt"`;
