import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Stands between a driver and a host, counts what the driver sends, and can cut everything at once. */
export class CuttingProxy {
  /** Bytes from the driver to the host since the last `reset`. */
  sent = 0;
  private cutAt = Infinity;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(port: number): Promise<CuttingProxy> {
    const server = createServer({ pauseOnConnect: false });
    const proxy = new CuttingProxy(server);
    server.on('connection', (near) => proxy.join(near, connect(port, '127.0.0.1')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  reset(cutAt = Infinity): void {
    this.sent = 0;
    this.cutAt = cutAt;
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (data: Buffer) => {
      this.sent += data.length;
      if (this.sent >= this.cutAt) return this.cut();
      if (!far.write(data)) {
        near.pause();
        far.once('drain', () => near.resume());
      }
    });
    far.pipe(near);
  }
}
