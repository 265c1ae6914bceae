import { useEffect, useRef, useState } from 'react';
import { addressOf } from '../address';
import { useAnswer } from '../answer';
import { codeText } from '../codes';
import { dateText, instantText, present } from '../format';
import { LatestProceduresDocument, ProceduresLiveDocument } from '../generated';
import { type Happened, latest, type Stored } from '../latest';
import { listen, type LiveState } from '../live';
import { DeviceLink, Mark, Numbers, PatientLink } from '../parts/records';
import { Loading, Partly, Trouble } from '../parts/states';
import { ask } from '../server';
import { useSession } from '../session';

const ROWS = 5;
const POLL = 60_000; // milliseconds between questions while nothing is told

/** The procedures that were stored last. New ones come by themselves; `changed` is called when there is something new. */
export function Latest({ changed }: { changed: () => void }) {
  const { say, language } = useSession();
  const [beat, setBeat] = useState(0);
  const asked = useAnswer('latest', (asking) => ask(LatestProceduresDocument, { first: ROWS }, asking), beat);
  const { state, heard } = useLive(changed, () => {
    setBeat((count) => count + 1);
    changed();
  });
  const rows = latest(asked.data?.data.ProcedureList, heard, ROWS);
  const [news] = rows.filter(({ operation }) => operation !== null);
  return (
    <section aria-labelledby="latest" aria-busy={asked.loading}>
      <div className="head">
        <h2 id="latest">{say('latest')}</h2>
        <p className="live" data-state={state} role="status">
          {say(`live_${state}`)}
        </p>
      </div>
      {/* What appears is said to whoever does not see it. */}
      <p className="unseen" role="status">
        {news && `${say('procedure')} ${news.id}: ${codeText(news.operation, language)}`}
      </p>
      {asked.loading && !asked.data && <Loading />}
      {asked.failure && <Trouble failure={asked.failure} again={asked.again} />}
      <Partly missing={asked.data?.missing} />
      {asked.data && rows.length === 0 && <p className="dim">{say('latestNone')}</p>}
      {rows.length > 0 && (
        <div className="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{say('stored')}</th>
                <th scope="col">{say('procedure')}</th>
                <th scope="col">{say('patient')}</th>
                <th scope="col">{say('device')}</th>
                <th scope="col">{say('lot')}</th>
                <th scope="col">{say('hospital')}</th>
                <th scope="col">{say('status')}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row key={row.id} row={row} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ row: { id, at, operation, procedure } }: { row: Stored }) {
  const { say, language } = useSession();
  const who = procedure?.subject?.resource;
  const devices = present(procedure?.focalDevice).map(({ manipulated }) => manipulated);
  const hospital = present(procedure?.performer).find(({ onBehalfOf }) => onBehalfOf)?.onBehalfOf;
  return (
    <tr className={operation === null ? undefined : 'fresh'} data-procedure={id}>
      <td className="date">
        {instantText(at, language)}
        {operation && <Mark>{codeText(operation, language)}</Mark>}
      </td>
      <td className="date">
        <a href={addressOf('procedure', id)}>{dateText(procedure?.performedDateTime?.slice(0, 10), language) || say('open')}</a>
      </td>
      <td>
        {who?.id ? (
          <PatientLink patient={{ id: who.id, name: who.name ?? null, birthDate: who.birthDate ?? null }} />
        ) : (
          (procedure?.subject?.display ?? '–')
        )}
      </td>
      <td>
        {devices.map((device, index) => (
          <div key={index}>{device?.resource ? <DeviceLink device={device.resource} /> : (device?.display ?? '–')}</div>
        ))}
      </td>
      <td>
        {devices.map((device, index) => (
          <div key={index}>
            <Numbers device={device?.resource ?? null} />
          </div>
        ))}
      </td>
      <td>{hospital?.resource?.name ?? hospital?.resource?.id ?? hospital?.display ?? '–'}</td>
      <td>{codeText(procedure?.status, language)}</td>
    </tr>
  );
}

/** Listens as long as it is shown; `missed` is called when what is shown has to be asked for again. */
function useLive(changed: () => void, missed: () => void): { state: LiveState; heard: Happened[] } {
  const { asking } = useSession();
  const [state, setState] = useState<LiveState>('connecting');
  const [heard, setHeard] = useState<Happened[]>([]);
  const calls = useRef({ changed, missed });
  calls.current = { changed, missed };

  useEffect(() => {
    setHeard([]);
    return listen(ProceduresLiveDocument, {}, asking, {
      heard: ({ ProcedureChanged: event }) => {
        if (event) setHeard((before) => [...before, event].slice(-ROWS));
        calls.current.changed();
        return event?.cursor;
      },
      state: setState,
      missed: () => calls.current.missed(),
    });
  }, [asking]);

  useEffect(() => {
    if (state === 'live') return;
    const timer = setInterval(() => calls.current.missed(), POLL);
    return () => clearInterval(timer);
  }, [state]);

  return { state, heard };
}
