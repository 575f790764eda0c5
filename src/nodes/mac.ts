const SIX_PAIRS = /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i;

/** Lower case and with colons, as it is stored and compared; null for what is no MAC address. */
export function normaliseMac(text: unknown): string | null {
  if (typeof text !== 'string' || !SIX_PAIRS.test(text)) return null;
  return text.toLowerCase().replaceAll('-', ':');
}
