/** Shorter ones would blot out ordinary words; a credential that short protects nothing anyway. */
const SHORTEST_SECRET = 3;
export const REDACTED = '********';

/** Makes a function that takes known secrets and `//user:password@` of URLs out of a text (spec upgrade section 3.3). */
export function redactor(secrets: readonly (string | null | undefined)[]): (text: string) => string {
  const known = [...new Set(secrets.flatMap(spellingsOf))].sort((a, b) => b.length - a.length);
  return (text) => {
    let redacted = text;
    for (const secret of known) redacted = redacted.replaceAll(secret, REDACTED);
    return redactUrls(redacted);
  };
}

export function redactUrls(text: string): string {
  return text
    .replace(/(\/\/)[^\s/@:'"]*:[^\s/'"]*@/g, `$1${REDACTED}@`)
    .replace(/(\/\/)[^\s/@:'"]+@/g, `$1${REDACTED}@`);
}

/** A secret may come back URL-encoded, or line by line, as a private key does. */
function spellingsOf(secret: string | null | undefined): string[] {
  if (!secret) return [];
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  const isPem = secret.includes('-----BEGIN ');
  const spellings = isPem ? lines.filter((line) => !line.startsWith('-----') && line.length > 8) : [secret];
  return [...spellings, encodeURIComponent(secret)].filter((spelling) => spelling.length >= SHORTEST_SECRET);
}

/** Everything in a device record that must not be seen. */
export function secretsOf(device: {
  readonly password: string | null;
  readonly secret: string | null;
  readonly privateKey: string | null;
  readonly passphrase: string | null;
}): (string | null)[] {
  return [device.password, device.secret, device.privateKey, device.passphrase];
}
