import { describe, expect, test } from 'vitest';
import { hasCheckDigit, readGs1 } from './gs1';

const GS = '\u001d';
const TODAY = new Date('2026-11-30');
const WHOLE = { udiDi: '02990000000361', lot: 'KUG23036001', expires: '2028-03-15', serial: 'SN/7' };

describe('a scanned string', () => {
  test.each([
    ['brackets', '(01)02990000000361(17)280315(10)KUG23036001(21)SN/7'],
    ['brackets with blanks', ' (01) 02990000000361 (17) 280315 (10) KUG23036001 (21) SN/7 '],
    ['the control character', `010299000000036117280315` + `10KUG23036001${GS}21SN/7`],
    ['a leading separator', `${GS}010299000000036117280315` + `10KUG23036001${GS}21SN/7`],
    ['the symbology of DataMatrix', `]d2010299000000036117280315` + `10KUG23036001${GS}21SN/7`],
    ['the symbology of GS1-128', `]C1010299000000036117280315` + `10KUG23036001${GS}21SN/7`],
    ['the name of the separator', '01029900000003611728031510KUG23036001<GS>21SN/7'],
    ['another order', `10KUG23036001${GS}21SN/7${GS}0102990000000361` + '17280315'],
  ])('is read with %s', (_form, text) => {
    expect(readGs1(text, TODAY)).toEqual(WHOLE);
  });

  test('tells the date of manufacture', () => {
    expect(readGs1('(01)02990000000361(11)240229', TODAY)).toEqual({ udiDi: '02990000000361', manufactured: '2024-02-29' });
  });

  test('of day 00 tells a month', () => {
    expect(readGs1('(01)02990000000361(17)280300', TODAY)?.expires).toBe('2028-03');
  });

  test.each([
    ['76', '2076'],
    ['77', '1977'],
    ['99', '1999'],
  ])('dates year %s to %s', (year, expected) => {
    expect(readGs1(`(01)02990000000361(11)${year}0101`, TODAY)?.manufactured).toBe(`${expected}-01-01`);
  });

  test('may hold elements that tell nothing about the device', () => {
    expect(readGs1(`0102990000000361240ABC${GS}10L1`, TODAY)).toEqual({ udiDi: '02990000000361', lot: 'L1' });
    expect(readGs1('(01)02990000000361(240)ABC(10)L1', TODAY)).toEqual({ udiDi: '02990000000361', lot: 'L1' });
  });

  test('keeps a bracket that belongs to a lot', () => {
    expect(readGs1('(01)02990000000361(10)A(B)', TODAY)?.lot).toBe('A(B)');
  });
});

describe('no GS1 string', () => {
  test.each([
    ['nothing', ''],
    ['a lot', 'KUG23036001'],
    ['a lot that begins with an identifier', '10KUG23036001'],
    ['a bare GTIN', '02990000000361'],
    ['a wrong check digit', '(01)02990000000362'],
    ['a cut GTIN', '01029900'],
    ['the thirteenth month', '(01)02990000000361(17)281301'],
    ['the thirtieth of February', '(01)02990000000361(17)280230'],
    ['a lot that is too long', '(01)02990000000361(10)ABCDEFGHIJKLMNOPQRSTU'],
    ['an element twice', '(01)02990000000361(10)A(10)B'],
    ['text ahead of the brackets', 'x(01)02990000000361'],
  ])('is %s', (_what, text) => {
    expect(readGs1(text, TODAY)).toBeNull();
  });
});

test.each([
  ['02990000000361', true],
  ['02990000000362', false],
  ['00000000000000', true],
])('the check digit of %s is right: %s', (gtin, right) => {
  expect(hasCheckDigit(gtin)).toBe(right);
});
