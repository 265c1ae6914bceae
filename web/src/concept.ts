import { present } from './format';

interface Concept {
  text?: string | null;
  coding?: ({ display?: string | null; code?: string | null } | null)[] | null;
}

/** What a concept says to people: its text, else what a coding shows, else a code. Empty where there is none. */
export function conceptText(concept: Concept | null | undefined): string {
  const codings = present(concept?.coding);
  return concept?.text ?? codings.find(({ display }) => display)?.display ?? codings.find(({ code }) => code)?.code ?? '';
}

/** JSON as it is shown, with decimals as they are stored; empty for nothing. */
export function jsonText(value: unknown): string {
  return value === null || value === undefined ? '' : JSON.stringify(value, null, 2);
}
