const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PAD = '='.charCodeAt(0);

const VALUES: Int16Array = (() => {
  const values = new Int16Array(256).fill(-1);
  for (const [index, char] of [...ALPHABET].entries()) values[char.charCodeAt(0)] = index;
  return values;
})();

/**
 * Python's `b64decode`: what is not in the alphabet is skipped, so folded YAML is fine, but the padding must be right.
 * Node's own decoder takes anything. Null where Python raises.
 */
export function decodeBase64(bytes: Buffer): Buffer | null {
  const digits = Buffer.alloc(bytes.length);
  let length = 0;
  let pads = 0;
  for (const byte of bytes) {
    if (byte === PAD) {
      pads += 1;
      // The padding is complete; Python reads no further.
      if (length % 4 >= 2 && (length % 4) + pads >= 4)
        return Buffer.from(digits.toString('latin1', 0, length), 'base64');
    } else if (VALUES[byte] !== undefined && VALUES[byte] >= 0) {
      digits[length] = byte;
      length += 1;
      pads = 0;
    }
  }
  return length % 4 === 0 ? Buffer.from(digits.toString('latin1', 0, length), 'base64') : null;
}
