import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { cliEnvironment } from '../../config/cli-environment.js';
import { forgetLogin, saveLogin } from '../saved-login.js';
import { type CliSession, UsageError } from '../session.js';

interface LoginAnswer {
  readonly token: string;
  readonly username: string;
  readonly role: string;
}

interface MeAnswer {
  readonly username: string;
  readonly role: string;
}

export function addLogin(program: Command, session: CliSession): void {
  program
    .command('login')
    .description('log in and keep the token in your configuration folder; without options it asks')
    .option('-u, --username <name>', 'whose password to use; the password is read from the terminal or standard input')
    .action(async ({ username }: { username?: string }) => {
      const { url, givenToken } = session;
      if (username !== undefined && givenToken !== null)
        throw new UsageError('Give --username or --token: one of both');
      const token = givenToken ?? (await tokenFor(session, username));
      const me = await session.clientWith(token).get<MeAnswer>('me');
      const path = saveLogin(cliEnvironment().folder, { url, token });
      session.show(me, () => `logged in to ${url} as ${me.username} (${me.role}); the token is in ${path}`);
    });
  program
    .command('logout')
    .description('forget the kept log-in and take its token back')
    .action(async () => {
      // The one that was kept, and no other: a token of the environment is somebody else's to take back.
      const { keptToken } = session;
      if (keptToken !== null) {
        await session
          .clientWith(keptToken)
          .post('logout', undefined)
          .catch((error: unknown) => {
            session.note(
              `the server did not take the token back: ${error instanceof Error ? error.message : String(error)}`,
            );
          });
      }
      forgetLogin(cliEnvironment().folder);
      session.note('logged out');
    });
}

async function tokenFor(session: CliSession, given: string | undefined): Promise<string> {
  const answers = new Asked(session);
  try {
    const username = given ?? (await answers.ask('user name: '));
    const password = await answers.ask('password: ', true);
    if (username === '' || password === '') throw new UsageError('A log-in takes a user name and a password');
    return (await session.clientWith(null).post<LoginAnswer>('login', { username, password })).token;
  } finally {
    answers.close();
  }
}

/** Questions on the terminal; where there is none, lines of standard input. What is typed for a password is not shown. */
class Asked {
  private hidden = false;
  private readonly lines: Interface;
  /** Keeps the lines that came before they were asked for, as all of a pipe's may. */
  private readonly given: AsyncIterator<string>;

  constructor(private readonly session: CliSession) {
    const { err, in: input } = session.streams;
    const output = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (!this.hidden) err.write(chunk);
        done();
      },
    });
    this.lines = createInterface({ input, output, terminal: input.isTTY });
    this.given = this.lines[Symbol.asyncIterator]();
    session.signal.addEventListener('abort', () => this.lines.close(), { once: true });
    this.lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  }

  async ask(question: string, hidden = false): Promise<string> {
    if (this.lines.terminal) {
      this.lines.setPrompt(question);
      this.lines.prompt();
    }
    this.hidden = hidden;
    const { value, done } = await this.given.next();
    if (this.hidden && this.lines.terminal) this.session.streams.err.write('\n');
    this.hidden = false;
    this.session.signal.throwIfAborted();
    return done ? '' : value;
  }

  close(): void {
    this.lines.close();
  }
}
