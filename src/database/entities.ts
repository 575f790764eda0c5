import { Batch } from '../orchestration/batch.entity.js';
import { JobArtifact } from '../orchestration/job-artifact.entity.js';
import { JobLog } from '../orchestration/job-log.entity.js';
import { Job } from '../orchestration/job.entity.js';
import { LimitSlot } from '../orchestration/limit-slot.entity.js';
import { Wave } from '../orchestration/wave.entity.js';
import { Worker } from '../orchestration/worker.entity.js';

/** Every entity there is: the one list the data source, the drift check and the tests share. */
export const ENTITIES: (new () => object)[] = [Batch, Wave, Job, JobLog, JobArtifact, Worker, LimitSlot];
