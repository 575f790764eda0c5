import { ActionError } from '../../common/errors.js';
import type { BuildFiles, ImageBuild } from '../../drivers/image-builder/build-command.js';
import type { BuildState, ImageBuilder } from '../../drivers/image-builder/image-builder.js';
import type { StepContext, StepHandler, StepOutcome } from '../../orchestration/step-handler.js';
import { nextTryMs } from '../providers/backoffs.service.js';
import { pollMs } from '../providers/server-work.js';
import { secretsOf, withoutSecrets } from './build-secrets.js';

/** What a disk image's steps work with. The functions are the database's side. */
export interface DibSubject {
  readonly builder: ImageBuilder;
  /** What to build, or why it cannot be. */
  readonly build: ImageBuild | { readonly refused: string };
  /** What to remove; null: the row is gone. */
  readonly files: BuildFiles | null;
  started(logPath: string, secrets: readonly string[]): Promise<boolean>;
  hasProblem(problem: string): Promise<void>;
}

/** Of the log, kept with the build's record. */
const TAIL_BYTES = 16 * 1024;

/** Starts the build, looks after it, and takes its images over once all of them are whole. */
export const buildStep: StepHandler<DibSubject> = {
  async run(context) {
    const { build, builder } = context.subject;
    if ('refused' in build) throw new ActionError(build.refused, { code: 'refused', retryable: false });
    const found = await builder.look(build);
    if (found.state === 'absent') return start(context, build);
    if (found.state === 'running') {
      return { outcome: 'again', afterMs: pollMs(context), waitingFor: 'the build to end' };
    }
    if (found.state === 'overdue') await builder.stop(build);
    const exitCode = found.state === 'ended' ? found.exitCode : null;
    const shown = (text: string | null) => text && withoutSecrets(text, secretsOf(build.envVars));
    const problem = shown(await takeOver(found, build, builder));
    const result = { exitCode, logTail: shown(await builder.readLog(build, TAIL_BYTES)) };
    if (problem !== null) return { outcome: 'failed', message: problem, result };
    return { outcome: 'success', result };
  },
};

async function start(context: StepContext<DibSubject>, build: ImageBuild): Promise<StepOutcome> {
  const { builder, started } = context.subject;
  if (!(await started(builder.logPath(build), secretsOf(build.envVars))))
    return { outcome: 'failed', message: 'It is not wanted any more' };
  await builder.start(build);
  return { outcome: 'again', afterMs: 200, waitingFor: 'the build to end' };
}

/** Null: the images are in their places. */
async function takeOver(found: BuildState, build: ImageBuild, builder: ImageBuilder): Promise<string | null> {
  if (found.state !== 'ended' || found.exitCode !== 0) return 'message' in found ? found.message : 'The build is gone';
  try {
    await builder.finish(build);
    return null;
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    return error.message;
  }
}

/** Ends a build that runs, with all it has started, and removes its files by what was recorded of them. */
export const removeFilesStep: StepHandler<DibSubject> = {
  async run(context) {
    const { builder, files } = context.subject;
    if (files === null) return { outcome: 'success', message: 'it is gone already' };
    try {
      await builder.stop(files);
      await builder.removeFiles(files);
      return { outcome: 'success' };
    } catch (error) {
      if (context.signal.aborted) throw error;
      const problem = error instanceof Error ? error.message : String(error);
      const failures = Number(context.step.state?.['failures'] ?? 0);
      await context.subject.hasProblem(problem);
      await context.remember({ failures: failures + 1 });
      return { outcome: 'again', afterMs: nextTryMs(failures), waitingFor: problem };
    }
  },
};
