import { Command, CommanderError } from 'commander';
import { addBatchReads, addBatchVerbs } from './commands/batch.commands.js';
import { addLogin } from './commands/login.command.js';
import { addAudit, addDevices, addLists, addLogs } from './commands/record.commands.js';
import { addTrigger } from './commands/trigger.command.js';
import { EXIT_CODE_TEXTS, EXIT_CODES, type ExitCode } from './exit-codes.js';
import { ServerUnreachable } from './fleet-client.js';
import { CliSession, type CliStreams, DEFAULT_URL, UsageError } from './session.js';

const HELP = `
Exit codes: ${EXIT_CODE_TEXTS.map(([code, text]) => `${code} ${text}`).join('; ')}.

Environment: SLIPWAY_URL, SLIPWAY_TOKEN.

Examples:
  slipway trigger nightly --param site=lab --wait --timeout 2h --junit report.xml
  slipway watch 7a0f4c1e-3b0d-4f0e-9a57-2f6f5a8d9c01
  slipway logs 4711 -f`;

/** Runs one command line (without the program's own name) and says what the process ends with. */
export async function runCli(
  args: readonly string[],
  version: string,
  streams: CliStreams,
  signal: AbortSignal,
): Promise<ExitCode> {
  const session = new CliSession(streams, signal);
  try {
    await programOf(session, version).parseAsync(args, { from: 'user' });
    return session.exitCode;
  } catch (error) {
    // Commander has said what is wrong by itself; its code 0 is --help and --version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.succeeded : EXIT_CODES.usage;
    const cause: unknown = signal.aborted ? signal.reason : error;
    session.note(`slipway: ${cause instanceof Error ? cause.message : String(cause)}`);
    if (error instanceof UsageError) return EXIT_CODES.usage;
    // What was asked for may have been done: nobody heard the answer.
    return error instanceof ServerUnreachable ? EXIT_CODES.unknown : EXIT_CODES.failed;
  }
}

function programOf(session: CliSession, version: string): Command {
  const program = new Command('slipway')
    .description('Starts, watches and steers batches of a Slipway server.')
    .version(version)
    .option('--url <address>', `the server (SLIPWAY_URL, else where you logged in, else ${DEFAULT_URL})`)
    .option('--token <key>', 'who asks (SLIPWAY_TOKEN, else as you logged in)')
    .option('--json', 'print what the API answers, as JSON')
    .addHelpText('after', HELP)
    .showHelpAfterError('(slipway --help, slipway <command> --help)')
    .configureOutput({
      writeOut: (text) => session.streams.out.write(text),
      writeErr: (text) => session.streams.err.write(text),
    })
    .exitOverride()
    .hook('preAction', (_program, command) => session.use(command));
  addLogin(program, session);
  addTrigger(program, session);
  addBatchReads(program, session);
  addBatchVerbs(program, session);
  addLogs(program, session);
  addLists(program, session);
  addDevices(program, session);
  addAudit(program, session);
  return program;
}
