import { EN } from './messages/en';
import { FR } from './messages/fr';

/** What the page says, in both languages. A test compares the two. */
export type Language = 'en' | 'fr';
export type Message = keyof typeof EN;

export const MESSAGES: Record<Language, Record<Message, string>> = { en: EN, fr: FR };

/** A message in a language, with its {names} replaced by values. */
export function filled(language: Language, message: Message, values: Record<string, string | number> = {}): string {
  return MESSAGES[language][message].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A message in the middle of a sentence: small, unless it is an abbreviation. */
export function inSentence(text: string): string {
  return /^\p{Lu}\p{Ll}/u.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

/** The language to begin with: the one chosen before, else the browser's first that the page speaks. */
export function firstLanguage(chosen: string | null, browser: readonly string[]): Language {
  const wanted = [chosen ?? '', ...browser].map((each) => each.slice(0, 2).toLowerCase());
  return wanted.find((each): each is Language => each in MESSAGES) ?? 'en';
}
