import { addressOf } from '../address';
import { useAnswer } from '../answer';
import { codeText, identifierKind } from '../codes';
import { conceptText } from '../concept';
import { dateText, nameOf, present } from '../format';
import { ProcedureViewDocument, type ProcedureViewQuery } from '../generated';
import { Absent, type Fact, Facts, Raw } from '../parts/facts';
import { DeviceLink, deviceName, Expiry, Numbers, PatientLink } from '../parts/records';
import { Loading, Partly, Trouble } from '../parts/states';
import { ask } from '../server';
import { type Session, useSession } from '../session';
import { Versions } from './procedure-versions';

/** A procedure with all that it says, its versions, and the stored JSON. */
export default function Procedure({ id }: { id: string }) {
  const session = useSession();
  const { say, language } = session;
  const asked = useAnswer(id, (asking) => ask(ProcedureViewDocument, { id }, asking));
  if (asked.failure) {
    return (
      <>
        <Trouble failure={asked.failure} again={asked.again} />
        {asked.failure.code === 'deleted' && <Versions id={id} />}
      </>
    );
  }
  if (!asked.data) return <Loading />;
  const procedure = asked.data.data.Procedure;
  if (procedure === null) return <Absent id={id} />;
  const devices = present(procedure.focalDevice);
  return (
    <>
      <h1>
        {say('procedure')} {dateText(procedure.performedDateTime ?? procedure.performedPeriod?.start, language)}
      </h1>
      <Partly missing={asked.data.missing} />
      <Facts facts={factsOf(procedure, session)} />
      <section aria-labelledby="devices">
        <h2 id="devices">{say('devices')}</h2>
        {devices.map((device, index) => (
          <Manipulated key={device.manipulated?.resource?.id ?? index} device={device} at={procedure.performedDateTime} />
        ))}
        {devices.length === 0 && <p className="dim">{say('noDevices')}</p>}
      </section>
      <Versions id={id} />
      <Raw json={procedure.raw} />
    </>
  );
}

type Shown = NonNullable<ProcedureViewQuery['Procedure']>;
type Concepts = Shown['outcome'] | Shown['bodySite'];

function factsOf(procedure: Shown, { say, language }: Session): Fact[] {
  const { performedPeriod: period, subject, location } = procedure;
  const who = subject?.resource;
  const span = [period?.start, period?.end].map((each) => dateText(each, language)).filter(Boolean);
  const references = (of: readonly ({ display: string | null; reference: string | null } | null)[] | null) =>
    present(of).map(({ display, reference }) => display ?? reference).join(', ');
  return [
    ['patient', who?.id ? <PatientLink patient={{ id: who.id, name: who.name ?? null, birthDate: who.birthDate ?? null }} /> : subject?.display],
    ['act', conceptText(procedure.code)],
    ['category', conceptText(procedure.category)],
    ['date', dateText(procedure.performedDateTime, language) || span.join(' – ')],
    ['status', [codeText(procedure.status, language), concepts(procedure.statusReason)].filter(Boolean).join(' – ')],
    ['bodySite', concepts(procedure.bodySite)],
    ...present(procedure.performer).flatMap(({ function: role, actor, onBehalfOf }): Fact[] => [
      ['surgeon', named(nameOf(actor?.resource?.name) || actor?.resource?.id || actor?.display, conceptText(role) === say('surgeon') ? '' : conceptText(role))],
      ['hospital', onBehalfOf?.resource?.name ?? onBehalfOf?.resource?.id ?? onBehalfOf?.display],
    ]),
    ['place', location?.resource?.name ?? location?.resource?.id ?? location?.display],
    ['reason', [concepts(procedure.reasonCode), ...present(procedure.reasonReference).map(({ display, resource }) => conceptText(resource?.code) || (resource?.id ?? display))].filter(Boolean).join(', ')],
    ['outcome', concepts(procedure.outcome)],
    ['complication', concepts(procedure.complication)],
    ['followUp', concepts(procedure.followUp)],
    ...present(procedure.usedReference).map(({ display, resource }): Fact => ['used', resource?.id ? <Used id={resource.id} device={resource} /> : display]),
    ['used', concepts(procedure.usedCode)],
    ...present(procedure.identifier).map(({ value, type }): Fact => ['identifiers', named(value, identifierKind(type, language) || conceptText(type))]),
    ['stay', references([procedure.encounter])],
    ['related', references([...present(procedure.partOf), ...present(procedure.basedOn)])],
    ['report', references(procedure.report)],
    ['recorder', nameOf(procedure.recorder?.resource?.name) || procedure.recorder?.display],
    ['note', present(procedure.note).map(({ text }) => text).join(' ')],
    ['record', <code key="id">{procedure.id}</code>],
  ];
}

function concepts(of: Concepts): string {
  return present(Array.isArray(of) ? of : [of]).map(conceptText).filter(Boolean).join(', ');
}

function named(value: string | null | undefined, kind: string) {
  return (
    value && (
      <span>
        {value} {kind && <small>{kind}</small>}
      </span>
    )
  );
}

type Consumable = NonNullable<NonNullable<Shown['usedReference']>[number]>['resource'];

/** What was used and does not stay in the patient. */
function Used({ id, device }: { id: string; device: NonNullable<Consumable> }) {
  const name = deviceName({ id, deviceName: device.deviceName ?? null, modelNumber: device.modelNumber ?? null });
  return <a href={addressOf('device', id)}>{name}</a>;
}

type Device = NonNullable<NonNullable<Shown['focalDevice']>[number]>;

function Manipulated({ device: { action, manipulated }, at }: { device: Device; at: string | null }) {
  const { say } = useSession();
  const device = manipulated?.resource ?? null;
  return (
    <article>
      <h3>{device ? <DeviceLink device={device} /> : (manipulated?.display ?? say('unknownPatient'))}</h3>
      <Facts
        facts={[
          ['action', conceptText(action)],
          ['numbers', (device?.lotNumber ?? device?.serialNumber) && <Numbers device={device} />],
          ['udiDi', present(device?.udiCarrier).map(({ carrierHRF, deviceIdentifier }) => carrierHRF ?? deviceIdentifier)[0]],
          ['expires', device?.expirationDate && <Expiry date={device.expirationDate} at={at} mark="expiredThen" />],
        ]}
      />
    </article>
  );
}
