import { addressOf } from '../address';
import { useAnswer } from '../answer';
import { codeText } from '../codes';
import { conceptText } from '../concept';
import { dateText, nameOf, present } from '../format';
import { DeviceViewDocument } from '../generated';
import { Absent, Facts, Raw } from '../parts/facts';
import { deviceName, Expiry, Mark, PatientLink } from '../parts/records';
import { Loading, Partly, Trouble } from '../parts/states';
import { ask } from '../server';
import { useSession } from '../session';

/** A device: in whom it is, or where. */
export default function Device({ id }: { id: string }) {
  const { say, language } = useSession();
  const asked = useAnswer(id, (asking) => ask(DeviceViewDocument, { id }, asking));
  if (asked.failure) return <Trouble failure={asked.failure} again={asked.again} />;
  if (!asked.data) return <Loading />;
  const device = asked.data.data.Device;
  if (device === null) return <Absent id={id} />;
  const implanted = present(device.implantedIn);
  const deliveries = present(device.SupplyDeliveryList);
  const udi = present(device.udiCarrier)[0];
  const place = device.location?.resource;
  return (
    <>
      <h1>{deviceName(device)}</h1>
      <Partly missing={asked.data.missing} />
      <Facts
        facts={[
          ['manufacturer', device.manufacturer],
          ['modelNumber', device.modelNumber],
          ['kind', conceptText(device.type)],
          ['lot', device.lotNumber && <a href={addressOf('recall', '', { q: device.lotNumber, as: 'lot' })}>{device.lotNumber}</a>],
          ['serial', device.serialNumber && <code>{device.serialNumber}</code>],
          [
            'model',
            udi?.deviceIdentifier && (
              <a href={addressOf('recall', '', { q: udi.deviceIdentifier })}>{udi.deviceIdentifier}</a>
            ),
          ],
          ['udiDi', udi?.carrierHRF && <code className="long">{udi.carrierHRF}</code>],
          ['manufactured', dateText(device.manufactureDate, language)],
          ['expires', device.expirationDate && <Expiry date={device.expirationDate} at={implanted.length > 0 ? null : undefined} />],
          ['status', codeText(device.status, language)],
        ]}
      />
      <section aria-labelledby="where">
        <h2 id="where">{say(implanted.length > 0 || device.patient ? 'inWhom' : 'where')}</h2>
        {implanted.map((implant, index) => (
          <article key={implant.procedure?.id ?? index}>
            <h3>
              <PatientLink patient={implant.patient} />
              {implant.patientDeceased && <Mark>{say('deceased')}</Mark>}
              {implant.explanted && <Mark>{say('explanted')}</Mark>}
            </h3>
            <Facts
              facts={[
                ['date', dateText(implant.date, language)],
                ['surgeon', nameOf(implant.practitioner?.name)],
                ['hospital', implant.organization?.name ?? implant.organization?.id],
                ['procedure', implant.procedure && <a href={addressOf('procedure', implant.procedure.id ?? '')}>{say('open')}</a>],
              ]}
            />
          </article>
        ))}
        {implanted.length === 0 && device.patient && (
          <article>
            <h3>
              <PatientLink patient={device.patient.resource} />
            </h3>
            <p className="dim">{say('deviceOnly')}</p>
          </article>
        )}
        {implanted.length === 0 && !device.patient && (
          <article>
            <Facts
              facts={[
                ['place', place?.name ?? place?.id ?? say('placeUnknown')],
                ['owner', device.owner?.resource?.name ?? device.owner?.display],
              ]}
            />
          </article>
        )}
        {deliveries.length > 0 && (
          <>
            <h3>{say('deliveries')}</h3>
            <ul>
              {deliveries.map((delivery) => (
                <li key={delivery.id}>
                  {dateText(delivery.occurrenceDateTime, language)} – {delivery.destination?.resource?.name ?? delivery.destination?.display ?? '–'} (
                  {codeText(delivery.status, language)})
                </li>
              ))}
            </ul>
          </>
        )}
      </section>
      <Raw json={device.raw} />
    </>
  );
}
