/** The task of the bare queue. */
export const NO_OP = 'bench.noop';
