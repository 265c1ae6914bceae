import { expect, test } from 'vitest';
import { lineOf, readLines } from './lines';

const TEXT = `{
  "resourceType": "Procedure",
  "status": "x",
  "identifier": [
    { "value": "a" },
    {
      "type": { "coding": [{ "code": "b, }\\"]" }] },
      "value": -1.50e+2
    }
  ],
  "subject": { "reference": "Patient/x" }
}
`;

test.each([
  ['Procedure', 1],
  ['Procedure.status', 3],
  ['Procedure.identifier', 4],
  ['Procedure.identifier[0]', 5],
  ['Procedure.identifier[1]', 6],
  ['Procedure.identifier[1].type.coding[0].code', 7],
  ['Procedure.identifier[1].value', 8],
  ['Procedure.subject.reference', 11],
])('%s stands in line %i', (path, line) => {
  expect(lineOf(readLines(TEXT), path)).toBe(line);
});

test.each([
  ['Procedure.subject.identifier.value', 11],
  ['Procedure.identifier[1].system', 6],
  ['Procedure.identifier[7]', 4],
  ['Procedure.performed', 1],
  ['Bundle.entry', 1],
  ['', 1],
])('what is missing is shown where it belongs: %s in line %i', (path, line) => {
  expect(lineOf(readLines(TEXT), path)).toBe(line);
});

test('another kind of resource is read too', () => {
  expect(lineOf(readLines('{\n"resourceType": "Patient",\n"name": []}'), 'Patient.name')).toBe(3);
});

test('lines end as on other systems', () => {
  expect(lineOf(readLines('{\r\n"a": 1,\r\n"b": 2}'), 'Procedure.b')).toBe(3);
});

test('the first of two equal names is the place', () => {
  expect(lineOf(readLines('{"a": 1,\n"a": 2}'), 'Procedure.a')).toBe(1);
});

test.each([
  ['', 1, 1],
  ['{', 1, 2],
  ['{"a": 1,,', 1, 9],
  ['{\n  "a": tru\n}', 2, 8],
  ['{"a": 01}', 1, 8],
  ['{"a": 1} x', 1, 10],
  ['{"a": "\n"}', 1, 7],
  ["{'a': 1}", 1, 2],
])('%j breaks in line %i, column %i', (text, line, column) => {
  expect(readLines(text).broken).toEqual({ line, column });
});

test('a whole text is not broken', () => {
  expect(readLines(TEXT).broken).toBeNull();
});

test('a text without end is broken off and stops nothing', () => {
  expect(readLines('['.repeat(100_000)).broken).not.toBeNull();
});
