import { addressOf } from '../address';
import { useAnswer } from '../answer';
import { codeText, identifierKind } from '../codes';
import { conceptText } from '../concept';
import { dateText, nameOf, officialName, present } from '../format';
import { PatientViewDocument, type PatientViewQuery } from '../generated';
import { Absent, Facts } from '../parts/facts';
import { Pager, usePages } from '../parts/pager';
import { DeviceLink, Expiry, Mark } from '../parts/records';
import { Loading, Partly, Trouble } from '../parts/states';
import { ask } from '../server';
import { useSession } from '../session';

/** A patient, and what they carry, on a line of time. */
export default function Patient({ id }: { id: string }) {
  const { say, language } = useSession();
  const pages = usePages(id);
  const asked = useAnswer(`${id} ${pages.after}`, (asking) => ask(PatientViewDocument, { id, after: pages.after }, asking));
  if (asked.failure) return <Trouble failure={asked.failure} again={asked.again} />;
  if (!asked.data) return <Loading />;
  const patient = asked.data.data.Patient;
  if (patient === null) return <Absent id={id} />;
  const implants = present(patient.implants?.edges).map(({ node }) => node);
  const identifiers = present(patient.identifier);
  return (
    <>
      <h1>{nameOf(patient.name) || say('unnamed')}</h1>
      <Partly missing={asked.data.missing} />
      <Facts
        facts={[
          ['officialName', officialName(patient.name)],
          ['birthDate', dateText(patient.birthDate, language)],
          ['gender', codeText(patient.gender, language)],
          ['deceasedOn', dateText(patient.deceasedDateTime, language)],
          [
            'identifiers',
            identifiers.length > 0 &&
              identifiers.map(({ system, value, type }) => (
                <span key={`${system} ${value}`} className="identifier">
                  <code>{value}</code> <small title={system ?? undefined}>{identifierKind(type, language) || system}</small>
                </span>
              )),
          ],
          ['record', <code key="id">{id}</code>],
          [
            'links',
            present(patient.link).length > 0 &&
              present(patient.link).map(({ type, other }) => (
                <span key={other?.reference} className="identifier">
                  {codeText(type, language)} <a href={addressOf('patient', other?.reference?.split('/').at(-1) ?? '')}>{other?.reference}</a>
                </span>
              )),
          ],
        ]}
      />
      <section aria-labelledby="implants" aria-busy={asked.loading}>
        <h2 id="implants">{say('carries')}</h2>
        {implants.length === 0 && <p className="dim">{say('carriesNothing')}</p>}
        <ol className="time">
          {byDay(implants).map(([day, ofDay]) => (
            <li key={day}>
              <h3>{dateText(day, language) || say('undated')}</h3>
              {ofDay.map((implant, index) => (
                <Carried key={`${implant.procedure?.id} ${implant.device?.id} ${index}`} implant={implant} />
              ))}
            </li>
          ))}
        </ol>
        <Pager
          pages={pages}
          end={patient.implants?.pageInfo.hasNextPage ? patient.implants.pageInfo.endCursor : null}
          label={say('carries')}
        />
      </section>
    </>
  );
}

type Implanted = NonNullable<NonNullable<NonNullable<NonNullable<PatientViewQuery['Patient']>['implants']>['edges']>[number]>['node'];

/** Implants by the day of their procedure, in the order in which they come. */
function byDay(implants: readonly Implanted[]): [string, Implanted[]][] {
  const days = new Map<string, Implanted[]>();
  for (const implant of implants) {
    const day = implant.date?.slice(0, 10) ?? '';
    days.set(day, [...(days.get(day) ?? []), implant]);
  }
  return [...days];
}

function Carried({ implant }: { implant: Implanted }) {
  const { say } = useSession();
  const { device, procedure, organization, practitioner } = implant;
  const udi = present(device?.udiCarrier)[0];
  return (
    <article>
      <h4>
        <DeviceLink device={device} /> {implant.explanted && <Mark>{say('explanted')}</Mark>}
      </h4>
      {implant.namedBy === 'device' && <p className="dim">{say(procedure ? 'disagrees' : 'deviceOnly')}</p>}
      <Facts
        facts={[
          ['lot', device?.lotNumber && <code>{device.lotNumber}</code>],
          ['serial', device?.serialNumber && <code>{device.serialNumber}</code>],
          ['udiDi', udi && <code className="long">{udi.carrierHRF ?? udi.deviceIdentifier}</code>],
          ['expires', device?.expirationDate && <Expiry date={device.expirationDate} at={implant.date} mark="expiredThen" />],
          ['bodySite', present(procedure?.bodySite).map(conceptText).filter(Boolean).join(', ')],
          ['surgeon', nameOf(practitioner?.name)],
          ['hospital', organization?.name ?? organization?.id],
          ['procedure', procedure && <a href={addressOf('procedure', procedure.id ?? '')}>{say('open')}</a>],
        ]}
      />
    </article>
  );
}
