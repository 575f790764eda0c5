import { gain, simulateNode } from './simulated-node.js';

async function run(simulation: Record<string, unknown>, action = 'deploy', from = 0, id = 3): Promise<number[]> {
  const seen: number[] = [];
  const io = {
    signal: new AbortController().signal,
    progress: (part: number) => void seen.push(Math.round(part * 100)),
  };
  await simulateNode({ id, simulation: { tick_ms: 0, ...simulation } }, action, from, io);
  return seen;
}

describe('a simulated node', () => {
  it('gains 20 to 30 percent with each tick until it is done', async () => {
    const seen = await run({});
    expect(seen.at(-1)).toBe(100);
    seen.slice(0, -1).forEach((percent, index) => {
      const step = percent - (seen[index - 1] ?? 0);
      expect(step).toBeGreaterThanOrEqual(20);
      expect(step).toBeLessThanOrEqual(30);
    });
    for (let percent = 0; percent < 100; percent += 1) {
      expect(gain('x', percent)).toBeGreaterThanOrEqual(20);
      expect(gain('x', percent)).toBeLessThanOrEqual(30);
    }
  });

  it('does the same for the same seed, from wherever it was left', async () => {
    const seen = await run({ seed: 'a' });
    expect(await run({ seed: 'a' }, 'deploy', 0, 99)).toEqual(seen);
    expect(await run({ seed: 'a' }, 'deploy', seen[1]! / 100)).toEqual(seen.slice(2));
    const others = await Promise.all([1, 2, 3, 4, 5].map((id) => run({}, 'deploy', 0, id)));
    expect(new Set(others.map(String)).size).toBeGreaterThan(1);
  });

  it('fails when it was told to, after it has begun', async () => {
    await expect(run({ fail: true })).rejects.toThrow('told to fail its deploy');
    await expect(run({ fail: 'provision' }, 'provision')).rejects.toThrow('told to fail its provision');
    await expect(run({ fail: 'delete' }, 'delete')).rejects.toThrow('told to fail its delete');
    expect((await run({ fail: 'provision' })).at(-1)).toBe(100);
  });

  it('takes its time only for deploying and provisioning', async () => {
    expect(await run({ tick_ms: 60_000, hang: true }, 'stop')).toEqual([]);
    expect(await run({ tick_ms: 60_000, fail: true }, 'delete')).toEqual([]);
  });

  it('gives up when it is asked to, ticking or hanging', async () => {
    for (const simulation of [{ tick_ms: 60_000 }, { tick_ms: 0, hang: true }]) {
      const stop = new AbortController();
      const node = { id: 1, simulation };
      const work = simulateNode(node, 'deploy', 0, { signal: stop.signal, progress: () => stop.abort() });
      setTimeout(() => stop.abort(), 20);
      await expect(work).rejects.toThrow(/abort|hung/i);
    }
  });

  it('takes odd settings for none', async () => {
    const stop = new AbortController();
    stop.abort();
    const node = { id: 1, simulation: { tick_ms: 'soon', fail: 'x', seed: [1], hang: 'no' } };
    await expect(simulateNode(node, 'deploy', 0, { signal: stop.signal, progress: () => undefined })).rejects.toThrow(
      /abort/i,
    );
    expect((await run({ tick_ms: -5, step_ms: 0, seed: null, fail: 'never' }, 'deploy', 1)).length).toBe(0);
  });
});
