import type { JobSpec } from '../../orchestration/batches.service.js';
import type { StepDefinition } from '../templates/template.js';
import { ENVIRONMENT_STEP, type EnvironmentStepInput } from './environment-job.js';
import { nameOfStep } from './step-words.js';

const FIRST_RETRY_S = 1;
/** Time that is not the step's own: finding out what became of it after a crash, ending what it started. */
const SLACK_S = 120;

/**
 * The job of a workflow's step. A try's own time is kept by the step itself; here is the time for all of its tries, so that
 * a step that never answers ends all the same.
 */
export function jobOfStep(definition: StepDefinition, input: EnvironmentStepInput, flowTimeoutS: number): JobSpec {
  const { kind, phase, retryCount, timeoutSec } = definition;
  const name = nameOfStep(definition);
  return {
    targetKind: ENVIRONMENT_STEP,
    targetId: String(input.stepId),
    label: name,
    input,
    steps: [
      {
        name,
        kind,
        phase,
        config: {},
        timeoutS: (timeoutSec ?? flowTimeoutS) * (retryCount + 1) + SLACK_S,
        retries: retryCount,
        retryDelayS: FIRST_RETRY_S,
        measured: true,
      },
    ],
  };
}
