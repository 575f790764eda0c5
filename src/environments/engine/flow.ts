import type { EnvironmentStepStatus } from '../records/environment-step.entity.js';
import type { WorkflowInterruption, WorkflowStatus } from '../records/environment-workflow.entity.js';

/**
 * What a workflow does next and how it ends (spec environments section 3.4). Pure: knows steps by their phases and by how far
 * they are.
 */
export type EndedWorkflowStatus = Exclude<WorkflowStatus, 'Requested' | 'Running'>;
export type EndedStepStatus = Exclude<EnvironmentStepStatus, 'Requested' | 'Running'>;

export interface FlowStep {
  readonly id: number;
  /** False: a rescue step, there because the flow failed. */
  readonly regular: boolean;
  readonly phase: string;
  /** The phases that must be done before it. One that nobody has counts as done. */
  readonly after: readonly string[];
  readonly ignoreFail: boolean;
  readonly status: EnvironmentStepStatus;
  /** A job was made for it; with a status that is not an end, it is at work. */
  readonly isStarted: boolean;
}

export function isEnded({ status }: Pick<FlowStep, 'status'>): boolean {
  return status !== 'Requested' && status !== 'Running';
}

function isActive(step: FlowStep): boolean {
  return step.isStarted && !isEnded(step);
}

/**
 * The steps to start now: all whose preceding phases are done. After a failure those are the rescue steps, and only when
 * nothing of the failed flow is at work any more: a clean-up must not race with what it cleans up.
 */
export function nextSteps<Step extends FlowStep>(
  interruption: WorkflowInterruption | null,
  steps: readonly Step[],
): readonly Step[] {
  if (interruption === 'cancel' || interruption === 'timeout') return [];
  const isRescue = interruption === 'failure';
  if (isRescue && steps.some((step) => step.regular && isActive(step))) return [];
  const flow = steps.filter(({ regular }) => regular !== isRescue);
  const unfinished = new Set(flow.filter((step) => !isEnded(step)).map(({ phase }) => phase));
  return flow.filter((step) => !step.isStarted && !isEnded(step) && !step.after.some((phase) => unfinished.has(phase)));
}

/** Those that are to be stopped when the flow is interrupted. */
export function activeSteps<Step extends FlowStep>(steps: readonly Step[]): readonly Step[] {
  return steps.filter(isActive);
}

/** A failure that the template does not ignore interrupts the flow; rescue steps have nothing left to interrupt. */
export function interrupts(step: Pick<FlowStep, 'regular' | 'ignoreFail'>, status: EndedStepStatus): boolean {
  return step.regular && status === 'Failed' && !step.ignoreFail;
}

/**
 * Does the step count as finished in `stepsCompleted`? Successes and ignored failures of a flow that was not interrupted
 * (spec environments section 3.2); rescue steps are in neither number.
 */
export function counts(
  interruption: WorkflowInterruption | null,
  step: Pick<FlowStep, 'regular' | 'ignoreFail'>,
  status: EndedStepStatus,
): boolean {
  if (interruption !== null || !step.regular) return false;
  return status === 'Successful' || (status === 'Failed' && step.ignoreFail);
}

/** How a workflow ends when nothing of it is at work any more. */
export function endOfFlow(interruption: WorkflowInterruption | null, steps: readonly FlowStep[]): EndedWorkflowStatus {
  if (interruption === 'cancel') return 'Canceled';
  if (interruption !== null) return 'Failed';
  const regular = steps.filter((step) => step.regular);
  // Steps that nobody could start would otherwise look like done.
  if (regular.some((step) => !isEnded(step) || step.status === 'Canceled')) return 'Failed';
  return regular.some(({ status }) => status === 'Failed') ? 'Warning' : 'Successful';
}

/** `stepsCompleted`: 0..1 with two decimals (spec environments section 0: nothing finished is 0). */
export function completedPart(finished: number, total: number): number {
  return total === 0 ? 0 : Math.round((100 * finished) / total) / 100;
}
