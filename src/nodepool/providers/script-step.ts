import type { StepHandler } from '../../orchestration/step-handler.js';
import { runRemoteScript } from './remote-script.js';
import { activeServer } from './server-steps.js';

export interface ScriptSubject {
  /** Null: there is nobody to log in as. */
  readonly script: {
    readonly isFake: boolean;
    readonly username: string;
    readonly privateKey: string | null;
    /** `script-dir`. */
    readonly folder: string | null;
    readonly hostname: string;
    readonly environment: Readonly<Record<string, string>>;
  } | null;
}

const SSH_PORT = 22;

/** Runs the ready-script of a label, or the setup of a snapshot, on the server that this job has made. */
export const scriptStep: StepHandler<ScriptSubject> = {
  async run(context) {
    const { script } = context.subject;
    const command = context.step.config['script'];
    if (typeof command !== 'string') return { outcome: 'skipped', message: 'there is no script' };
    if (!script) return { outcome: 'failed', message: 'The config no longer says how to log in' };
    if (script.isFake) return { outcome: 'success', message: 'nothing was run: the fake cloud has no shell' };
    if (script.privateKey === null) {
      return { outcome: 'failed', message: `Set private-key in the provider's image: ${command} is run over SSH` };
    }
    const server = activeServer(context);
    if (server.ip === null) return { outcome: 'failed', message: 'The server has no address' };
    await runRemoteScript(
      {
        address: server.ip,
        port: server.port ?? SSH_PORT,
        username: script.username,
        privateKeyFile: script.privateKey,
        folder: script.folder,
        command,
        hostname: script.hostname,
        environment: script.environment,
        timeoutS: context.step.timeoutS,
      },
      { signal: context.signal, log: (text) => context.log(text) },
    );
    return { outcome: 'success' };
  },
};
