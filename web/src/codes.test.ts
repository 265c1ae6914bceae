import { expect, test } from 'vitest';
import { codeText, identifierKind } from './codes';

test('a code is said in the language', () => {
  expect(codeText('completed', 'fr')).toBe('terminée');
});

test('a code that nobody named is shown as it is', () => {
  expect(codeText('x-local', 'fr')).toBe('x-local');
  expect(codeText(null, 'en')).toBe('');
});

test('an identifier is known by the first of its codes that has a name', () => {
  const type = { coding: [null, { code: 'NH' }, { code: 'INS-NIR' }] };
  expect(identifierKind(type, 'en')).toBe('INS (NIR)');
});

test.each([null, undefined, {}, { coding: [{ code: null }] }])('without a code an identifier has no kind: %o', (type) => {
  expect(identifierKind(type, 'en')).toBe('');
});
