/** A part of a text: as it stands, or an expression whose value takes its place. */
export type TextPart = { readonly text: string } | { readonly expression: string };

/**
 * `a ${vars.b} c` in its parts. `$${` is `${` itself; braces and quotes within an expression are its own. Null when a
 * `${` is never closed.
 */
export function partsOf(text: string): readonly TextPart[] | null {
  const parts: TextPart[] = [];
  let plain = '';
  let at = 0;
  while (at < text.length) {
    if (text.startsWith('$${', at)) {
      plain += '${';
      at += 3;
    } else if (text.startsWith('${', at)) {
      const end = endOf(text, at + 2);
      if (end === null) return null;
      if (plain !== '') parts.push({ text: plain });
      plain = '';
      parts.push({ expression: text.slice(at + 2, end).trim() });
      at = end + 1;
    } else {
      plain += text[at] ?? '';
      at += 1;
    }
  }
  if (plain !== '') parts.push({ text: plain });
  return parts;
}

/** Where the brace stands that closes the expression that begins here. */
function endOf(text: string, start: number): number | null {
  let depth = 0;
  let quote: string | null = null;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (quote !== null) {
      if (character === '\\') at += 1;
      else if (character === quote) quote = null;
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '{') depth += 1;
    else if (character === '}' && depth === 0) return at;
    else if (character === '}') depth -= 1;
  }
  return null;
}
