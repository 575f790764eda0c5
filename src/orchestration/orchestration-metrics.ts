import { Injectable } from '@nestjs/common';
import { Counter, Histogram } from 'prom-client';
import type { StepRecord } from './step.js';

/** What a process counts of the work it does. What the database knows (jobs by state, queue depth) is asked there. */
@Injectable()
export class OrchestrationMetrics {
  readonly steps = new Histogram({
    name: 'slipway_step_duration_seconds',
    help: 'Duration of steps, waits included, by kind of job, kind of step and status',
    labelNames: ['job', 'step', 'status'] as const,
    buckets: [0.01, 0.05, 0.25, 1, 5, 30, 120, 600, 3600],
    registers: [],
  });

  readonly jobs = new Counter({
    name: 'slipway_jobs_ended_total',
    help: 'Jobs this process brought to an end, by kind and status',
    labelNames: ['job', 'status'] as const,
    registers: [],
  });

  stepEnded(job: string, step: StepRecord): void {
    if (!step.startedAt || !step.finishedAt) return;
    const seconds = (Date.parse(step.finishedAt) - Date.parse(step.startedAt)) / 1000;
    this.steps.observe({ job, step: step.kind, status: step.status }, Math.max(0, seconds));
  }

  jobEnded(job: string, status: string): void {
    this.jobs.inc({ job, status });
  }
}
