import { expect, test } from 'vitest';
import { filled, firstLanguage, inSentence, MESSAGES, type Message } from './messages';

const names = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([name]) => name).sort();

test('both languages say the same things', () => {
  expect(Object.keys(MESSAGES.fr).sort()).toEqual(Object.keys(MESSAGES.en).sort());
});

test.each(Object.keys(MESSAGES.en) as Message[])('%s is said in both languages, with the same values', (message) => {
  expect(MESSAGES.en[message]).not.toBe('');
  expect(MESSAGES.fr[message]).not.toBe('');
  expect(names(MESSAGES.fr[message])).toEqual(names(MESSAGES.en[message]));
});

test('French has its own quotation marks and apostrophes', () => {
  const straight = Object.entries(MESSAGES.fr).filter(([, text]) => /['"]/.test(text));
  expect(straight).toEqual([]);
});

test('values are filled in', () => {
  expect(filled('en', 'page', { number: 2 })).toBe('Page 2');
  expect(filled('fr', 'failedOther', { status: '$&' })).toBe('Le serveur n’a pas pu répondre (HTTP $&).');
});

test('a word in a sentence is small, an abbreviation is not', () => {
  expect(inSentence('Établissement')).toBe('établissement');
  expect(inSentence('UDI')).toBe('UDI');
});

test.each([
  [null, ['fr-CA', 'en'], 'fr'],
  [null, ['de', 'FR'], 'fr'],
  [null, ['de'], 'en'],
  ['en', ['fr'], 'en'],
  ['xx', ['fr'], 'fr'],
  [null, [], 'en'],
])('chosen %s, browser %s: %s', (chosen, browser, language) => {
  expect(firstLanguage(chosen, browser)).toBe(language);
});
