import type { Language } from './messages';

export interface HumanName {
  use?: string | null;
  text?: string | null;
  family?: string | null;
  given?: (string | null)[] | null;
}

/** What is in a list that FHIR or GraphQL may have holes in. */
export function present<T>(list: readonly (T | null | undefined)[] | null | undefined): T[] {
  return (list ?? []).filter((each): each is T => each !== null && each !== undefined);
}

/** The name a person is known by: the usual one, else the official one, else the first. Empty where there is none. */
export function nameOf(names: readonly (HumanName | null)[] | null | undefined): string {
  const all = present(names);
  const name = all.find(({ use }) => use === 'usual') ?? all.find(({ use }) => use === 'official') ?? all[0];
  if (name === undefined) return '';
  return name.text ?? [name.family?.toUpperCase(), present(name.given).join(' ')].filter(Boolean).join(' ');
}

/**
 * A FHIR date as people write it, as exact as it is and as its clock showed it: '2024-02' is a month, and the zone of
 * whoever looks at it changes no day.
 */
export function dateText(value: string | null | undefined, language: Language): string {
  const parts = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?(?:T(\d\d:\d\d))?/.exec(value ?? '');
  if (parts === null) return value ?? '';
  const [, year = '', month, day, time] = parts;
  if (month === undefined) return year;
  const moment = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day ?? 1)));
  const shown: Intl.DateTimeFormatOptions = { year: 'numeric', month: 'short', timeZone: 'UTC' };
  if (day !== undefined) shown.day = 'numeric';
  const text = new Intl.DateTimeFormat(LOCALES[language], shown).format(moment);
  return time === undefined ? text : `${text}, ${time}`;
}

/** A moment at which something was stored, by the clock of whoever looks at it; the zone is told. */
export function instantText(value: string | null | undefined, language: Language, timeZone?: string): string {
  const moment = new Date(value ?? '');
  if (Number.isNaN(moment.getTime())) return value ?? '';
  const shown: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' };
  return new Intl.DateTimeFormat(LOCALES[language], { ...shown, timeZoneName: 'short', ...(timeZone && { timeZone }) }).format(moment);
}

/** The official name of a person, where it is another one than the one they are known by; else empty. */
export function officialName(names: readonly (HumanName | null)[] | null | undefined): string {
  const official = nameOf(present(names).filter(({ use }) => use === 'official'));
  return official === nameOf(names) ? '' : official;
}

/** Whether a FHIR date is over: of a month or a year, its last day. */
export function isOver(value: string | null | undefined, today: string): boolean {
  return Boolean(value) && value! < today.slice(0, value!.length);
}

export function numberText(value: number, language: Language): string {
  return new Intl.NumberFormat(LOCALES[language]).format(value);
}

/** A number where there is little room, as in 120k. */
export function shortText(value: number, language: Language): string {
  return new Intl.NumberFormat(LOCALES[language], { notation: 'compact' }).format(value);
}

/** A part of all, from 0 to 1, as a percentage that never says 100 % or 0 % of what is not. */
export function shareText(value: number, language: Language): string {
  const shown = value > 0.999 && value < 1 ? 0.999 : value > 0 && value < 0.001 ? 0.001 : value;
  return new Intl.NumberFormat(LOCALES[language], { style: 'percent', maximumFractionDigits: 1 }).format(shown);
}

const LOCALES: Record<Language, string> = { en: 'en-GB', fr: 'fr-FR' };
