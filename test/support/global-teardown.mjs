export default async function globalTeardown() {
  await globalThis.slipwayTestServer?.stop();
}
