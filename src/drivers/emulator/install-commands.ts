import { flashName, type CommandContext } from './command-context.js';
import { HEADER_BYTES, versionOfImage } from './emulated-image.js';
import { iosDate, type InstalledImage } from './install-store.js';

const QUESTION = 'This operation may require a reload of the system. Do you want to proceed? [y/n]';

/** `install …` (spec upgrade section 5.1). */
export async function install(context: CommandContext, words: string[]): Promise<void> {
  const [verb = '', ...rest] = words;
  switch (verb) {
    case 'add':
      return rest.includes('activate') ? addActivateCommit(context, rest) : addOnly(context, rest);
    case 'activate':
      return activateAdded(context, rest);
    case 'commit':
      return guarded(context, 'install_commit', async () => {
        context.model.stopAbortTimer();
        context.model.install.commit();
        await phase(context, 'Commit', 'package(s)');
        return true;
      });
    case 'rollback':
      return rollback(context, rest);
    case 'abort':
      return goBack(
        context,
        'install_abort',
        context.model.install.uncommitted && context.model.install.committed?.release,
      );
    case 'remove':
      return removeInactive(context, rest);
    case 'auto-abort-timer':
      return guarded(context, 'install_auto_abort_timer', () =>
        Promise.resolve((context.model.stopAbortTimer(), true)),
      );
    default:
      return context.terminal.println("% Invalid input detected at '^' marker.\n");
  }
}

/** Runs an operation between START and SUCCESS or FAILED, and only one at a time. */
async function guarded(context: CommandContext, name: string, work: () => Promise<boolean>): Promise<void> {
  const { model, terminal } = context;
  await terminal.println(`${name}: START ${iosDate(new Date())}`);
  if (model.install.operation !== null || model.isReloading) {
    return terminal.println(`FAILED: ${name} : Another install operation is in progress, please try again later`);
  }
  model.install.begin(name);
  let done = false;
  try {
    done = await work();
  } finally {
    model.install.end(done ? 'SUCCESS' : 'FAILED');
  }
  await terminal.println(
    done ? `SUCCESS: ${name}  ${iosDate(new Date())}\n` : `FAILED: ${name} ${iosDate(new Date())}\n`,
  );
}

async function addOnly(context: CommandContext, words: string[]): Promise<void> {
  await guarded(context, 'install_add', async () => (await add(context, words)) !== null);
}

async function activateAdded(context: CommandContext, words: string[]): Promise<void> {
  const { model } = context;
  const minutes = Number(words[words.indexOf('auto-abort-timer') + 1]);
  model.abortMinutes = words.includes('auto-abort-timer') ? minutes : 120;
  await guarded(context, 'install_activate', async () => {
    const image = model.install.added;
    if (!image) return refuse(context, 'No inactive package to activate');
    return activate(context, image, false);
  });
}

async function addActivateCommit(context: CommandContext, words: string[]): Promise<void> {
  const asks = !(words.includes('prompt-level') && words.includes('none'));
  await guarded(context, 'install_add_activate_commit', async () => {
    const image = await add(context, words);
    return image !== null && activate(context, image, words.includes('commit'), asks);
  });
}

async function add(context: CommandContext, words: string[]): Promise<InstalledImage | null> {
  const { model, terminal } = context;
  model.counters.installAdds += 1;
  const name = flashName(words[words.indexOf('file') + 1] ?? '');
  const file = name ? model.flash.find(name) : null;
  if (!name || !file) return refuseImage(context, `${name ?? ''}: No such file or directory`);
  await terminal.println(
    `install_add: Adding IMG\n\n--- Starting initial file syncing ---\nCopying flash:${name} from Switch 1 to Switch 1`,
  );
  await terminal.println(
    'Info: Finished copying to the selected Switch\nFinished initial file syncing\n\n--- Starting Add ---',
  );
  await terminal.println('Performing Add on all members');
  await model.passPhase();
  const release = versionOfImage(await model.flash.head(name, HEADER_BYTES), name);
  if (!release) return refuseImage(context, `Super package header verification failed for /flash/${name}`);
  const { installFails } = model.faults;
  if (installFails?.phase === 'add') return refuseImage(context, installFails.reason);
  const known = model.install.find(release);
  if (known && known.state !== 'I') {
    await terminal.println('Same Image File-No Change');
    return null;
  }
  model.applySpaceFault();
  if (!known && model.flash.freeBytes < file.size) {
    return refuseImage(
      context,
      `/flash requires ${Math.ceil(file.size / 1024)} KB of free space to complete the operation`,
    );
  }
  const image = model.install.unpack(release, file.size, 'I');
  await terminal.println(
    `Checking status of Add on [1]\nAdd: Passed on [1]\nImage added. Version: ${model.install.fullVersion(image)}\nFinished Add\n`,
  );
  return image;
}

async function activate(
  context: CommandContext,
  image: InstalledImage,
  committed: boolean,
  asks = true,
): Promise<boolean> {
  const { model, terminal } = context;
  await terminal.println('install_activate: Activating IMG');
  if (model.configurationModified) {
    return refuse(context, 'System configuration has been modified. Please save configuration and resubmit command.');
  }
  await terminal.println('Following packages shall be activated:');
  for (const name of image.packages) await terminal.println(`/flash/${name}`);
  if (asks && !(await proceed(context))) return refuse(context, 'User rejected the operation');
  model.counters.installActivates += 1;
  if (model.faults.dropAtActivation === 'after_answer') context.drop();
  model.install.activate(image, committed);
  await phase(context, 'Activate', 'package(s)');
  const { installFails } = model.faults;
  if (installFails?.phase === 'activate') {
    model.install.cancelActivation();
    return refuse(context, installFails.reason);
  }
  if (committed) await phase(context, 'Commit', 'package(s)');
  await terminal.println('Chassis 1 reloading, reason - Image Install');
  model.requestReload('Image Install');
  return true;
}

/** Asks; the session may die at the question. */
async function proceed({ model, terminal, drop }: CommandContext): Promise<boolean> {
  await terminal.print(`\n${QUESTION}`);
  if (model.faults.dropAtActivation === 'before_answer') drop();
  const answer = await terminal.key();
  await terminal.println(answer);
  return answer.toLowerCase() === 'y';
}

async function rollback(context: CommandContext, words: string[]): Promise<void> {
  const { install: store } = context.model;
  const [, kind = '', id = ''] = words;
  const point = store.points.find((one) => String(one.id) === id);
  await goBack(
    context,
    'install_rollback',
    kind === 'committed' ? store.committed?.release : kind === 'id' ? point?.release : undefined,
  );
}

async function goBack(context: CommandContext, name: string, release: string | undefined): Promise<void> {
  const { model, terminal } = context;
  await guarded(context, name, async () => {
    if (!release || !model.install.find(release))
      return refuse(context, 'No rollback point or operation to go back to');
    if (release === model.install.running) return refuse(context, 'Nothing to roll back');
    if (model.configurationModified) {
      return refuse(context, 'System configuration has been modified. Please save configuration and resubmit command.');
    }
    if (!(await proceed(context))) return refuse(context, 'User rejected the operation');
    model.stopAbortTimer();
    model.install.returnTo(release);
    await phase(context, name === 'install_abort' ? 'Abort' : 'Rollback', 'package(s)');
    await terminal.println('Chassis 1 reloading, reason - Image Rollback');
    model.requestReload('Image Rollback');
    return true;
  });
}

async function removeInactive(context: CommandContext, words: string[]): Promise<void> {
  const { model, terminal } = context;
  if (words[0] !== 'inactive') return terminal.println("% Invalid input detected at '^' marker.\n");
  model.applySpaceFault();
  await guarded(context, 'install_remove', async () => {
    await terminal.println(
      'Cleaning up unnecessary package files\nNo path specified, will use booted path /flash/packages.conf',
    );
    await terminal.println(
      'Cleaning /flash\n  Scanning boot directory for packages ... done.\n  Preparing packages list to delete ...',
    );
    await terminal.println('    [R0]: /flash/packages.conf File is in use, will not delete.\n  done.\n');
    const names = model.install.removable();
    if (names.length === 0) return terminal.println('Nothing to clean.').then(() => true);
    await terminal.println(
      `The following files will be deleted:\n${names.map((name) => `    [R0]: /flash/${name}`).join('\n')}\n`,
    );
    await terminal.print('Do you want to remove the above files? [y/n]');
    const answer = await terminal.key();
    await terminal.println(answer);
    if (answer.toLowerCase() !== 'y') return terminal.println('User Rejected Deletion').then(() => true);
    for (const name of names) await terminal.println(`Deleting file /flash/${name} ... done.`);
    model.install.removeInactive();
    await terminal.println('SUCCESS: Files deleted.');
    await phase(context, 'Post_Remove_Cleanup', 'package(s)');
    return true;
  });
}

async function phase({ model, terminal }: CommandContext, name: string, what: string): Promise<void> {
  await terminal.println(
    `--- Starting ${name} ---\nPerforming ${name} on all members\n  [1] ${name} ${what} on Switch 1`,
  );
  await model.passPhase();
  await terminal.println(
    `  [1] Finished ${name} on Switch 1\nChecking status of ${name} on [1]\n${name}: Passed on [1]\nFinished ${name}\n`,
  );
}

async function refuse({ terminal }: CommandContext, reason: string): Promise<false> {
  await terminal.println(`[1]  R0 FAILED: ${reason}`);
  return false;
}

async function refuseImage(context: CommandContext, reason: string): Promise<null> {
  await refuse(context, reason);
  return null;
}
