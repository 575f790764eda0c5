import type { NodeHostDriver } from './node-host-driver.js';

/** How Slipway gets onto nodes. A simulated node is not logged in to: see `simulated-node.ts`. */
export class NodeHostDrivers {
  constructor(readonly ssh: NodeHostDriver) {}
}
