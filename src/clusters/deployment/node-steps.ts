import type { StepSpec } from '../../orchestration/step.js';
import type { NodeAction, NodeStepKind } from './node-job.js';
import type { ActingTask } from './node-tasks.js';

/** Finding a command's end, waiting for the one before it, a lost connection: time that is not the command's own. */
const SLACK_S = 600;
const UPLOAD_S = 300;

const PHASES: Readonly<Record<NodeAction, string>> = {
  deploy: 'deploying',
  provision: 'provisioning',
  delete: 'removing',
  stop: 'stopping',
  reset: 'resetting',
};

/** What is done on a host for each action; on a simulated node it is one step whatever the action. */
export function stepsOnHost(action: NodeAction, tasks: readonly ActingTask[], refusal: string | null): StepSpec[] {
  switch (action) {
    case 'deploy':
      return [access(action, tasks, refusal), ...tasks.map(stepOf)];
    case 'provision':
      return [access(action, [], null)];
    case 'stop':
    case 'reset':
      return [step(action, 'Stop', 'halt', { config: { forget: action === 'reset' }, timeoutS: 300, retries: 2 })];
    case 'delete':
      return [step(action, 'Leave', 'leave', { timeoutS: 60 })];
  }
}

export function simulatedSteps(action: NodeAction): StepSpec[] {
  return [step(action, 'Simulate', 'simulate', { config: { action }, timeoutS: 3_600, measured: true })];
}

/** A node that was just installed or rebooted may take its time to answer; for a deployment it must be there. */
function access(action: NodeAction, tasks: readonly ActingTask[], refusal: string | null): StepSpec {
  const patience = action === 'provision' ? { timeoutS: 900, retries: 5 } : { timeoutS: 300, retries: 2 };
  const config = { tasks: tasks.length, ...(refusal === null ? {} : { refusal }) };
  return step(action, 'Access', 'access', { config, ...patience, repeatable: true });
}

function stepOf(task: ActingTask): StepSpec {
  switch (task.type) {
    case 'shell': {
      const { timeoutS, retries, intervalS } = task.parameters;
      return step('deploy', task.id, 'shell', {
        config: { ...task.parameters },
        timeoutS: (retries + 1) * (timeoutS + intervalS) + SLACK_S,
        // Of the connection, about five minutes of them. The command's own are counted by the step: their pause stays.
        retries: 6,
      });
    }
    case 'upload_file':
      return step('deploy', task.id, 'upload_file', {
        config: { ...task.parameters },
        timeoutS: UPLOAD_S,
        retries: 5,
        repeatable: true,
      });
    case 'reboot':
      return step('deploy', task.id, 'reboot', { config: {}, timeoutS: task.parameters.timeoutS, retries: 3 });
  }
}

function step(
  action: NodeAction,
  name: string,
  kind: NodeStepKind,
  more: Pick<StepSpec, 'timeoutS'> & Partial<StepSpec>,
): StepSpec {
  // Measured: a command that runs counts for nothing until it has ended, so that 99 % is not said of half the work.
  return { name, kind, phase: PHASES[action], config: {}, retries: 0, retryDelayS: 5, measured: true, ...more };
}
