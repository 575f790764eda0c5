import { ActionError } from '../../../common/errors.js';
import type { StepHandler, StepOutcome } from '../../../orchestration/step-handler.js';
import { seconds, text } from '../step-config.js';
import { withSession, type UpgradeSubject } from '../upgrade-subject.js';
import { askState } from './activation-step.js';
import { again } from './ask-again.js';

/** The steps of spec upgrade section 2 that take a line or two. */
export const waitStep: StepHandler<UpgradeSubject> = {
  async run(context) {
    const duration = seconds(context.step.config, 'duration', 30);
    const until = Date.parse(context.step.startedAt ?? '') + duration * 1000;
    const left = until - context.now();
    if (left <= 0) return { outcome: 'success', message: `waited ${duration} s` };
    return { outcome: 'again', afterMs: left, waitingFor: `${duration} s to pass` };
  },
};

/** Can the device be logged in to? Tried as often as the step's retries say. */
export const pingStep: StepHandler<UpgradeSubject> = {
  run: (context) =>
    withSession(context, async (session) => {
      const { hostname } = await session.facts();
      return { outcome: 'success', message: `${hostname} answers` };
    }),
};

export const verificationStep: StepHandler<UpgradeSubject> = {
  async run(context) {
    const outcome = await askState(context, async (_session, state) => {
      if (state.state === 'active') return { outcome: 'success', message: state.message };
      if (state.state === 'in_progress') return again(context, state.message);
      return { outcome: 'failed', message: `version mismatch: ${state.message}` };
    });
    return outcome as StepOutcome;
  },
};

/** Runs `config.command` on the device; with `config.expect` its output must contain that text. */
export const customStep: StepHandler<UpgradeSubject> = {
  async run(context) {
    const command = text(context.step.config, 'command');
    if (command === null) return { outcome: 'skipped', message: 'no command is configured' };
    const expected = text(context.step.config, 'expect');
    return withSession(context, async (session) => {
      const { output = '' } = await session.snapshot({ output: command });
      context.log(output);
      if (expected !== null && !output.includes(expected)) {
        throw new ActionError(`the output does not contain ${JSON.stringify(expected)}`, {
          code: 'unexpected_output',
          retryable: false,
        });
      }
      return { outcome: 'success' };
    });
  },
};
