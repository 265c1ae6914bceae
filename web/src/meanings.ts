import { hasCheckDigit, readGs1, type ScannedCode } from './gs1';

/** Arguments of a recall: which devices are meant. */
export interface Criteria {
  udiDi?: string[];
  lot?: string[];
  serial?: string[];
  manufacturer?: string[];
}

export type Kind = 'lot' | 'serial' | 'udiDi' | 'modelLot' | 'modelSerial' | 'model' | 'name' | 'manufacturer';

/** What a text in the field of the recall may mean; a name has no criteria before its models are known. */
export interface Meaning {
  kind: Kind;
  criteria: Criteria | null;
}

/** What may be meant, the most likely first, and what the text says if it was scanned. */
export interface Reading {
  scanned: ScannedCode | null;
  meanings: Meaning[];
}

/** Reads the field. A comma is OR in a search by name only: lots and serial numbers are taken whole. */
export function readField(text: string): Reading {
  const typed = text.trim();
  if (typed === '') return { scanned: null, meanings: [] };
  const scanned = readGs1(typed);
  if (scanned !== null) return { scanned, meanings: ofCode(scanned) };
  if (/^\d{14}$/.test(typed) && hasCheckDigit(typed)) {
    return { scanned: null, meanings: [{ kind: 'model', criteria: { udiDi: [typed] } }, ...ofText(typed)] };
  }
  return { scanned: null, meanings: ofText(typed) };
}

function ofCode({ udiDi = '', lot, serial }: ScannedCode): Meaning[] {
  const meanings: Meaning[] = [];
  if (lot !== undefined) meanings.push({ kind: 'modelLot', criteria: { udiDi: [udiDi], lot: [lot] } });
  if (serial !== undefined) meanings.push({ kind: 'modelSerial', criteria: { udiDi: [udiDi], serial: [serial] } });
  meanings.push({ kind: 'model', criteria: { udiDi: [udiDi] } });
  // Records that lack the model are found by what they have.
  if (lot !== undefined) meanings.push({ kind: 'lot', criteria: { lot: [lot] } });
  if (serial !== undefined) meanings.push({ kind: 'serial', criteria: { serial: [serial] } });
  return meanings;
}

function ofText(text: string): Meaning[] {
  return [
    { kind: 'lot', criteria: { lot: [text] } },
    { kind: 'serial', criteria: { serial: [text] } },
    { kind: 'udiDi', criteria: { udiDi: [text] } },
    { kind: 'name', criteria: null },
    { kind: 'manufacturer', criteria: { manufacturer: [text] } },
  ];
}

/** A model that bears a name: its UDI-DI, and how many of the devices that were looked at are of it. */
export interface Model {
  udiDi: string;
  name: string;
  manufacturer: string;
  devices: number;
}

interface Named {
  manufacturer: string | null;
  deviceName: ({ name: string | null } | null)[] | null;
  udiCarrier: ({ deviceIdentifier: string | null } | null)[] | null;
}

/** The models of devices, most devices first, and how many of the devices tell no model. */
export function modelsOf(devices: Named[]): { models: Model[]; without: number } {
  const models = new Map<string, Model>();
  let without = 0;
  for (const device of devices) {
    const udiDi = device.udiCarrier?.find((each) => each?.deviceIdentifier)?.deviceIdentifier;
    if (!udiDi) {
      without += 1;
      continue;
    }
    const name = device.deviceName?.find((each) => each?.name)?.name ?? '';
    const known = models.get(udiDi) ?? { udiDi, name, manufacturer: device.manufacturer ?? '', devices: 0 };
    models.set(udiDi, { ...known, devices: known.devices + 1 });
  }
  return { models: [...models.values()].sort((a, b) => b.devices - a.devices || a.name.localeCompare(b.name)), without };
}
