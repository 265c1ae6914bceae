import { useState } from 'react';
import { addressOf } from '../address';
import { useAnswer } from '../answer';
import { nameOf, present } from '../format';
import { RecallRowsDocument, type RecallRowsQuery } from '../generated';
import type { Criteria } from '../meanings';
import { Download } from '../parts/download';
import { Pager, ROWS, usePages } from '../parts/pager';
import { DeviceLink, Expiry, Mark, Moment, Numbers, PatientLink } from '../parts/records';
import { Loading, Partly, Trouble } from '../parts/states';
import { ask } from '../server';
import { useSession } from '../session';
import type { Limits, Period } from './recall-answer';

/** Everyone who carries it, by pages, the newest or the oldest procedure first. */
export function Implanted({ criteria, limits, period }: { criteria: Criteria; limits: Limits; period: Period }) {
  const { say } = useSession();
  const key = JSON.stringify(limits);
  const [sort, setSort] = useState<'-date' | 'date'>('-date');
  const pages = usePages(`${key} ${sort}`);
  const rows = useAnswer(`rows ${key} ${sort} ${pages.after}`, (asking) =>
    ask(RecallRowsDocument, { ...limits, first: ROWS, after: pages.after, sort }, asking),
  );
  const answer = rows.data?.data.ImplantRecall;
  const nodes = present(answer?.edges).map(({ node }) => node);
  return (
    <section aria-labelledby="implanted" aria-busy={rows.loading}>
      <div className="head">
        <h2 id="implanted">{say('implanted')}</h2>
        {nodes.length > 0 && <Download criteria={criteria} period={period} />}
      </div>
      {rows.loading && !rows.data && <Loading />}
      {rows.failure && <Trouble failure={rows.failure} again={rows.again} />}
      <Partly missing={rows.data?.missing} />
      {answer && nodes.length === 0 && <p className="dim">{say('implantedNone')}</p>}
      {nodes.length > 0 && (
        <div className="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col" aria-sort={sort === 'date' ? 'ascending' : 'descending'}>
                  <button type="button" className="sort" onClick={() => setSort(sort === 'date' ? '-date' : 'date')}>
                    {say('date')} <span aria-hidden="true">{sort === 'date' ? '▲' : '▼'}</span>
                    <span className="unseen">{say(sort === 'date' ? 'oldestFirst' : 'newestFirst')}</span>
                  </button>
                </th>
                <th scope="col">{say('patient')}</th>
                <th scope="col">{say('device')}</th>
                <th scope="col">{say('lot')}</th>
                <th scope="col">{say('expires')}</th>
                <th scope="col">{say('hospital')}</th>
                <th scope="col">{say('procedure')}</th>
              </tr>
            </thead>
            <tbody>
              {nodes.map((row, index) => (
                <Row key={`${row.procedure?.id} ${row.device?.id} ${index}`} row={row} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Pager pages={pages} end={answer?.pageInfo.hasNextPage ? answer.pageInfo.endCursor : null} label={say('implanted')} />
    </section>
  );
}

type RowShown = NonNullable<NonNullable<NonNullable<RecallRowsQuery['ImplantRecall']>['edges']>[number]>['node'];

function Row({ row }: { row: RowShown }) {
  const { say } = useSession();
  const procedure = row.procedure?.id;
  return (
    <tr>
      <td className="date">
        <Moment date={row.date} />
      </td>
      <td data-patient={row.patient?.id}>
        <PatientLink patient={row.patient} />
        {row.patientDeceased && <Mark>{say('deceased')}</Mark>}
        {row.mergedInto && (
          <a href={addressOf('patient', row.mergedInto.id ?? '')}>
            <Mark>{say('merged')}</Mark>
          </a>
        )}
        {row.namedBy === 'device' && <small>{say(procedure ? 'disagrees' : 'deviceOnly')}</small>}
      </td>
      <td>
        <DeviceLink device={row.device} />
        {row.explanted && <Mark>{say('explanted')}</Mark>}
      </td>
      <td>
        <Numbers device={row.device} />
      </td>
      <td className="date">
        <Expiry date={row.device?.expirationDate} at={row.date} mark="expiredThen" />
      </td>
      <td>
        {row.organization?.name ?? row.organization?.id ?? '–'}
        <small>{nameOf(row.practitioner?.name)}</small>
      </td>
      <td>
        {procedure ? (
          <a href={addressOf('procedure', procedure)} aria-label={`${say('open')}: ${say('procedure')} ${procedure}`}>
            {say('open')}
          </a>
        ) : (
          '–'
        )}
      </td>
    </tr>
  );
}
