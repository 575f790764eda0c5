/** For what is told by Linux's `/proc`: builds, local servers. Skipped elsewhere. */
export const onLinux = process.platform === 'linux' ? describe : describe.skip;
