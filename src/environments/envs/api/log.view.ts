import type { LogLine } from '../history.service.js';

const EMPTY = 'No logs yet';
const LINK = /\[link:([^|\]\s]+)\|([^\]]*)\]/g;

/** As the original's `StepLogEntry`: `1/1/70 12:00:00 AM: test`, in the zone of who reads it. */
export function lineOf({ at, text }: LogLine, offsetMinutes: number): string {
  const local = new Date(at.getTime() - offsetMinutes * 60_000);
  const date = `${local.getUTCMonth() + 1}/${local.getUTCDate()}/${two(local.getUTCFullYear() % 100)}`;
  const hours = local.getUTCHours();
  const time = `${hours % 12 || 12}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}`;
  return `${date} ${time} ${hours < 12 ? 'AM' : 'PM'}: ${text}`;
}

export function toPlainLog(lines: readonly LogLine[], offsetMinutes: number): string {
  return lines.length === 0 ? EMPTY : lines.map((line) => lineOf(line, offsetMinutes)).join('\n');
}

export function toHtmlLog(lines: readonly LogLine[], offsetMinutes: number): string {
  return `<pre>${linked(escaped(toPlainLog(lines, offsetMinutes)))}</pre>`;
}

/** Does an `Accept` header admit HTML? One that is not there admits everything. */
export function admitsHtml(accept: string | undefined): boolean {
  if (accept === undefined || accept.trim() === '') return true;
  return accept.split(',').some((part) => {
    const [range = '', ...parameters] = part.split(';').map((one) => one.trim().toLowerCase());
    const isRefused = parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
    return !isRefused && ['text/html', 'text/*', '*/*'].includes(range);
  });
}

/** `[link:URL|label]`; only addresses of the web become links, whatever a step printed. */
function linked(html: string): string {
  return html.replace(LINK, (whole, url: string, label: string) =>
    /^https?:\/\//i.test(url) ? `<a href="${url}" target="_blank" rel="noopener noreferrer">${label}</a>` : whole,
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
