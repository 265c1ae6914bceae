import { expect, test } from 'vitest';
import { modelsOf, readField } from './meanings';

const kinds = (text: string) => readField(text).meanings.map(({ kind }) => kind);

test('an empty field means nothing', () => {
  expect(readField('  ')).toEqual({ scanned: null, meanings: [] });
});

test('a text may be a lot, a serial number, a UDI, a name or a manufacturer', () => {
  expect(kinds(' KUG23036001 ')).toEqual(['lot', 'serial', 'udiDi', 'name', 'manufacturer']);
  expect(readField(' KUG23036001 ').meanings[0]?.criteria).toEqual({ lot: ['KUG23036001'] });
});

test('fourteen digits with the right check digit are a model first', () => {
  expect(kinds('02990000000361')[0]).toBe('model');
  expect(kinds('02990000000362')[0]).toBe('lot');
});

test('a scanned code means its lot of its model, then the device, the model, and records that lack the model', () => {
  const { scanned, meanings } = readField('(01)02990000000361(10)L1(21)S1');
  expect(scanned).toEqual({ udiDi: '02990000000361', lot: 'L1', serial: 'S1' });
  expect(meanings).toEqual([
    { kind: 'modelLot', criteria: { udiDi: ['02990000000361'], lot: ['L1'] } },
    { kind: 'modelSerial', criteria: { udiDi: ['02990000000361'], serial: ['S1'] } },
    { kind: 'model', criteria: { udiDi: ['02990000000361'] } },
    { kind: 'lot', criteria: { lot: ['L1'] } },
    { kind: 'serial', criteria: { serial: ['S1'] } },
  ]);
});

test('devices of one UDI-DI are one model, and those without are counted', () => {
  const device = (deviceIdentifier: string | null, name: string) => ({
    manufacturer: 'M',
    deviceName: [null, { name }],
    udiCarrier: [{ deviceIdentifier }],
  });
  const found = modelsOf([device('1', 'a'), device('2', 'b'), device('2', 'b'), device(null, 'c'), { manufacturer: null, deviceName: null, udiCarrier: null }]);
  expect(found).toEqual({
    models: [
      { udiDi: '2', name: 'b', manufacturer: 'M', devices: 2 },
      { udiDi: '1', name: 'a', manufacturer: 'M', devices: 1 },
    ],
    without: 2,
  });
});
