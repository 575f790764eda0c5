/** How much each measure does. */
export interface BenchSizes {
  /** Jobs of one round of the throughput measure, and how many rounds. */
  readonly throughputJobs: number;
  readonly throughputRounds: number;
  readonly statusJobs: number;
  readonly statusRequests: number;
  readonly statusRounds: number;
  /** Downloads and reports of one round, and how many rounds. */
  readonly bootRequests: number;
  readonly bootRounds: number;
  readonly triggerDevices: number;
  /** Batches whose cost per job is compared, the largest last. */
  readonly growth: readonly number[];
  /** The smallest of them is over so soon that one run of it says little. */
  readonly smallestRuns: number;
  readonly waitingJobs: number;
  /** Jobs in the database when the lists are asked: few, and many. */
  readonly listRows: readonly [number, number];
  /** First pages of each list. */
  readonly listRequests: number;
  /** Clients of the event stream, and the jobs of the batch they follow. */
  readonly streamClients: number;
  readonly streamJobs: number;
  /** Rounds go on no longer than that; a large run is then judged by what it has done so far. */
  readonly patienceMs: number;
  /** What any other wait may take before the measure counts as failed. */
  readonly limitMs: number;
}

export const FULL: BenchSizes = {
  throughputJobs: 3_000,
  throughputRounds: 3,
  statusJobs: 1_000,
  statusRequests: 150,
  statusRounds: 3,
  bootRequests: 2_000,
  bootRounds: 3,
  triggerDevices: 100_000,
  growth: [1_000, 10_000, 100_000],
  smallestRuns: 3,
  waitingJobs: 100_000,
  listRows: [10_000, 1_000_000],
  listRequests: 30,
  streamClients: 1_000,
  streamJobs: 1_000,
  patienceMs: 120_000,
  limitMs: 300_000,
};

/** For CI: the same measures, small enough for two minutes. */
export const QUICK: BenchSizes = {
  throughputJobs: 1_000,
  throughputRounds: 2,
  statusJobs: 1_000,
  statusRequests: 40,
  statusRounds: 2,
  bootRequests: 500,
  bootRounds: 2,
  triggerDevices: 10_000,
  growth: [1_000, 4_000],
  smallestRuns: 2,
  waitingJobs: 5_000,
  listRows: [10_000, 50_000],
  listRequests: 15,
  streamClients: 200,
  streamJobs: 200,
  patienceMs: 20_000,
  limitMs: 60_000,
};
