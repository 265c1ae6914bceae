/** What a GS1 code on a package says of the device in it; dates as it tells them, YYYY-MM-DD or YYYY-MM. */
export interface ScannedCode {
  udiDi?: string;
  lot?: string;
  serial?: string;
  manufactured?: string;
  expires?: string;
}

// FNC1 between elements: scanners send it as the control character GS; some are set to send another sign, or its name.
const SEPARATOR = '\u001d';
const SPELLINGS = /<GS>|\{GS\}|\\x1d|␝|~/gi;
// What a scanner may say first: GS1-128, GS1 DataMatrix, GS1 QR, GS1 DataBar.
const SYMBOLOGY = /^\](?:C1|d2|Q3|e0|J1)/;

interface Element {
  name: keyof ScannedCode;
  /** Digits or signs of the value: exactly so many, or at most so many up to the next separator. */
  form: RegExp;
  fixed?: number;
}

// https://ref.gs1.org/ai/ – those that tell a device; the others end the reading unless a separator ends them.
const ELEMENTS: Readonly<Record<string, Element>> = {
  '01': { name: 'udiDi', form: /^\d{14}$/, fixed: 14 },
  '10': { name: 'lot', form: /^[!-z]{1,20}$/ },
  '11': { name: 'manufactured', form: /^\d{6}$/, fixed: 6 },
  '17': { name: 'expires', form: /^\d{6}$/, fixed: 6 },
  '21': { name: 'serial', form: /^[!-z]{1,20}$/ },
};

/**
 * The elements 01, 10, 11, 17 and 21 of a scanned string, in brackets or with separators; null where it is no such
 * string: it has to name a model (01), and everything in it has to be an element.
 */
export function readGs1(text: string, today = new Date()): ScannedCode | null {
  const code = text.trim().replace(SYMBOLOGY, '');
  const pairs = code.startsWith('(') ? bracketed(code) : separated(code.replace(SPELLINGS, SEPARATOR));
  if (pairs === null) return null;
  const found: ScannedCode = {};
  for (const [identifier, value] of pairs) {
    const element = ELEMENTS[identifier];
    if (element === undefined) continue;
    if (!element.form.test(value) || found[element.name] !== undefined) return null;
    const read = element.name === 'manufactured' || element.name === 'expires' ? date(value, today) : value;
    if (read === null) return null;
    found[element.name] = read;
  }
  return found.udiDi !== undefined && hasCheckDigit(found.udiDi) ? found : null;
}

/** Whether the last digit of a GTIN is the one that its other digits ask for: https://www.gs1.org/services/how-calculate-check-digit-manually */
export function hasCheckDigit(gtin: string): boolean {
  const digits = [...gtin].map(Number).reverse();
  const sum = digits.slice(1).reduce((total, digit, index) => total + digit * (index % 2 === 0 ? 3 : 1), 0);
  return (10 - (sum % 10)) % 10 === digits[0];
}

/** (01)…(17)…(10)…: the brackets are for people; a value may hold brackets that name no element. */
function bracketed(code: string): [string, string][] | null {
  const heads = [...code.matchAll(/\((\d{2,4})\)/g)];
  if (heads[0]?.index !== 0) return null;
  return heads.map((head, index) => {
    const start = head.index + head[0].length;
    const value = code.slice(start, heads[index + 1]?.index ?? code.length);
    return [head[1] ?? '', value.replaceAll(SEPARATOR, '').trim()];
  });
}

/** Elements one after another, those of variable length ended by a separator or by the end. */
function separated(code: string): [string, string][] | null {
  const pairs: [string, string][] = [];
  let rest = code.replace(/^\u001d/, '');
  while (rest !== '') {
    const identifier = rest.slice(0, 2);
    const element = ELEMENTS[identifier];
    const end = element?.fixed === undefined ? ended(rest) : 2 + element.fixed;
    if (!/^\d{2}$/.test(identifier) || rest.length < end || (element === undefined && pairs.length === 0)) return null;
    pairs.push([identifier, rest.slice(2, end)]);
    rest = rest.slice(end).replace(/^\u001d/, '');
  }
  return pairs;
}

function ended(rest: string): number {
  const end = rest.indexOf(SEPARATOR);
  return end === -1 ? rest.length : end;
}

/** YYMMDD; day 00 is the whole month. The century is the one that is nearest: GS1 General Specifications, 7.12. */
function date(value: string, today: Date): string | null {
  const [year, month, day] = [value.slice(0, 2), value.slice(2, 4), value.slice(4, 6)].map(Number) as [number, number, number];
  const now = today.getFullYear();
  const distance = year - (now % 100);
  const century = Math.floor(now / 100) + (distance >= 51 ? -1 : distance <= -50 ? 1 : 0);
  const full = century * 100 + year;
  const parsed = new Date(Date.UTC(full, month - 1, day === 0 ? 1 : day));
  if (parsed.getUTCMonth() !== month - 1 || month === 0) return null;
  const text = parsed.toISOString();
  return day === 0 ? text.slice(0, 7) : text.slice(0, 10);
}
