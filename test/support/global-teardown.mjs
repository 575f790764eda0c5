export default async function globalTeardown() {
  globalThis.slipwayTestSource?.remove();
  await globalThis.slipwayTestServer?.stop();
}
