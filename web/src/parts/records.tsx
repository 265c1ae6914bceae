import { addressOf } from '../address';
import { dateText, type HumanName, isOver, nameOf, present } from '../format';
import type { ImplantFragment } from '../generated';
import type { Message } from '../messages';
import { useSession } from '../session';

interface PatientShown {
  id: string | null;
  name: (HumanName | null)[] | null;
  birthDate?: string | null;
}

/** A patient's name, which leads to the record, with the birth date. */
export function PatientLink({ patient }: { patient: PatientShown | null }) {
  const { say, language } = useSession();
  if (patient === null) return <span className="dim">{say('unknownPatient')}</span>;
  return (
    <>
      <a href={addressOf('patient', patient.id ?? '')}>{nameOf(patient.name) || say('unnamed')}</a>
      {patient.birthDate && <small>{say('born', { date: dateText(patient.birthDate, language) })}</small>}
    </>
  );
}

/** What a device is called: its name, else its model, else its id. */
export function deviceName(device: Pick<ImplantFragment, 'deviceName' | 'modelNumber' | 'id'>): string {
  return present(device.deviceName).find(({ name }) => name)?.name ?? device.modelNumber ?? device.id ?? '';
}

/** A device's name, which leads to it, with its maker. One that is contained in a procedure has no page of its own. */
export function DeviceLink({ device }: { device: ImplantFragment | null }) {
  const { say } = useSession();
  if (device === null) return <span className="dim">{say('unknownPatient')}</span>;
  const name = deviceName(device);
  const own = device.id !== null && !device.id.startsWith('#');
  return (
    <>
      {own ? <a href={addressOf('device', device.id ?? '')}>{name}</a> : name}
      {device.manufacturer && <small>{device.manufacturer}</small>}
    </>
  );
}

/** A day, and its time below it. */
export function Moment({ date }: { date: string | null | undefined }) {
  const { language } = useSession();
  const [day, time] = (date ?? '').split('T');
  return (
    <>
      {dateText(day, language) || '–'}
      {time && <small>{time.slice(0, 5)}</small>}
    </>
  );
}

/** Lot and serial number, as far as they are known. */
export function Numbers({ device }: { device: ImplantFragment | null }) {
  const { say } = useSession();
  if (device === null) return null;
  return (
    <>
      {device.lotNumber && <code>{device.lotNumber}</code>}
      {device.serialNumber && (
        <small>
          {say('serial')} <code>{device.serialNumber}</code>
        </small>
      )}
    </>
  );
}

/** An expiry date, and whether it was over at a date: today, or the day of the procedure. */
export function Expiry({ date, at, mark = 'expired' }: { date: string | null | undefined; at?: string | null | undefined; mark?: Message }) {
  const { say, language } = useSession();
  if (!date) return null;
  const over = at !== null && isOver(date, (at ?? new Date().toISOString()).slice(0, 10));
  return (
    <>
      {dateText(date, language)} {over && <Mark>{say(mark)}</Mark>}
    </>
  );
}

/** A word that makes a row stand out: by its text, not by its colour alone. */
export function Mark({ children }: { children: string }) {
  return <span className="mark">{children}</span>;
}
