import type { SettingValues } from '../../config/settings.js';
import type { StepLimit, StepSpec } from '../../orchestration/step.js';
import type { StepType } from '../workflows/step-type.js';
import type { WorkflowStep } from '../workflows/workflow-step.entity.js';
import { flag, seconds } from './step-config.js';

/** A job's phases, as far as anybody outside needs to know (spec upgrade section 1.4). */
export type Phase = 'distributing' | 'activating';

/** The workflow of the documentation, for an installation that has none. */
export const DEFAULT_STEPS: readonly PlannedStep[] = [
  { name: 'Readiness Check', stepType: 'readiness', config: { snapshot: true } },
  { name: 'Distribution', stepType: 'distribution', config: {} },
  { name: 'Activation', stepType: 'activation', config: {} },
  { name: 'Post-Checks', stepType: 'postcheck', config: {} },
];

export type PlannedStep = Pick<WorkflowStep, 'name' | 'stepType' | 'config'>;

export type LimitSettings = Pick<
  SettingValues,
  'copyLimit' | 'activationLimit' | 'siteCopyLimit' | 'siteActivationLimit'
>;

/** Seconds a step may take, its retries and waits included; `config.timeout` overrides. */
const TIMEOUTS: Readonly<Record<StepType, number>> = {
  readiness: 600,
  distribution: 4_500,
  precheck: 600,
  activation: 3_600,
  postcheck: 1_800,
  wait: 0,
  ping: 600,
  custom: 600,
  verification: 900,
};

/** Tries after the first and the first delay between them; `config.retries` and `config.retry_delay` override. */
const RETRIES: Readonly<Record<StepType, { retries: number; delayS: number }>> = {
  readiness: { retries: 2, delayS: 10 },
  distribution: { retries: 2, delayS: 10 },
  precheck: { retries: 2, delayS: 10 },
  activation: { retries: 2, delayS: 10 },
  postcheck: { retries: 5, delayS: 10 },
  wait: { retries: 0, delayS: 0 },
  ping: { retries: 3, delayS: 10 },
  custom: { retries: 0, delayS: 10 },
  verification: { retries: 3, delayS: 10 },
};

/** Looking again harms nobody, and an activation that was announced is only asked about. A copy is not made twice. */
const REPEATABLE: ReadonlySet<StepType> = new Set([
  'readiness',
  'precheck',
  'activation',
  'verification',
  'postcheck',
  'wait',
  'ping',
]);

const ACTIVATING: ReadonlySet<StepType> = new Set(['activation', 'verification', 'postcheck']);

/** The steps of one job: a copy of the workflow's, which may change meanwhile without touching this job. */
export function planSteps(
  workflow: readonly PlannedStep[],
  options: { activate: boolean; siteId: number | null; limits: LimitSettings },
): StepSpec[] {
  const firstActivating = workflow.findIndex(({ stepType }) => ACTIVATING.has(stepType));
  return workflow.map((step, index) => {
    const activating = firstActivating >= 0 && index >= firstActivating;
    return {
      name: step.name,
      kind: step.stepType,
      phase: (activating ? 'activating' : 'distributing') satisfies Phase,
      config: step.config,
      ...patience(step),
      limits: limitsOf(step.stepType, options.siteId, options.limits),
      continueOnFailure: flag(step.config, 'continue_on_failure', false),
      measured: step.stepType === 'distribution',
      repeatable: REPEATABLE.has(step.stepType),
      ...(isIrreversible(step) ? { irreversible: true } : {}),
      ...(activating && !options.activate ? { skip: 'the image is only to be distributed' } : {}),
    };
  });
}

/** A post-check that rolls back asks for its window when it does; what a step of somebody's own does only they know. */
function isIrreversible({ stepType, config }: PlannedStep): boolean {
  return flag(config, 'irreversible', stepType === 'activation');
}

function patience({ stepType, config }: PlannedStep): Pick<StepSpec, 'timeoutS' | 'retries' | 'retryDelayS'> {
  const { retries, delayS } = RETRIES[stepType];
  const longest = stepType === 'wait' ? seconds(config, 'duration', 30) + 60 : TIMEOUTS[stepType];
  return {
    timeoutS: seconds(config, 'timeout', longest),
    retries: Math.floor(seconds(config, 'retries', retries)),
    // `interval` is what the original calls it for ping.
    retryDelayS: seconds(config, 'retry_delay', seconds(config, 'interval', delayS)),
  };
}

function limitsOf(type: StepType, siteId: number | null, limits: LimitSettings): StepLimit[] {
  const wanted: StepLimit[] =
    type === 'distribution'
      ? [
          { name: 'copy', max: limits.copyLimit },
          { name: `copy:site:${siteId}`, max: siteId === null ? 0 : limits.siteCopyLimit },
        ]
      : type === 'activation'
        ? [
            { name: 'activation', max: limits.activationLimit },
            { name: `activation:site:${siteId}`, max: siteId === null ? 0 : limits.siteActivationLimit },
          ]
        : [];
  return wanted.filter(({ max }) => max > 0);
}
