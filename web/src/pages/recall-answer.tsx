import { useState } from 'react';
import { addressOf } from '../address';
import { type Asked, useAnswer } from '../answer';
import { dateText, nameOf, numberText, present } from '../format';
import {
  RecallRowsDocument,
  type RecallRowsQuery,
  RecallTotalsDocument,
  type RecallTotalsQuery,
  StockRowsDocument,
  type StockRowsQuery,
} from '../generated';
import type { Criteria } from '../meanings';
import { MonthBars, NamedBars } from '../parts/bars';
import { Pager, type Pages, usePages } from '../parts/pager';
import { DeviceLink, Expiry, Mark, Numbers, PatientLink } from '../parts/records';
import { Loading, Partly, Trouble, Warning } from '../parts/states';
import { type Answer, ask, Failure, fetchTable } from '../server';
import { useSession } from '../session';

const ROWS = 50;
const MOST_ORGANIZATIONS = 10;

interface Period {
  from: string;
  to: string;
}

type Go = (changes: Record<string, string>) => void;

/** Patients, devices and stock of a recall at once: totals, bars, and both lists by pages. */
export function RecallAnswer({ criteria, period, go }: { criteria: Criteria; period: Period; go: Go }) {
  const limits = {
    ...criteria,
    ...(period.from && { implantedFrom: period.from }),
    ...(period.to && { implantedTo: period.to }),
  };
  const key = JSON.stringify(limits);
  const totals = useAnswer(`totals ${key}`, (asking) => ask(RecallTotalsDocument, limits, asking));
  const stockKey = JSON.stringify(criteria);
  const stockPages = usePages(stockKey);
  const stock = useAnswer(`stock ${stockKey} ${stockPages.after}`, (asking) =>
    ask(StockRowsDocument, { ...criteria, first: ROWS, after: stockPages.after }, asking),
  );
  return (
    <>
      <Totals totals={totals} inStock={stock.data?.data.ImplantStock?.count} go={go} limited={Boolean(period.from || period.to)} />
      <Implanted criteria={criteria} limits={limits} period={period} limitsKey={key} />
      <Stocked stock={stock} pages={stockPages} />
    </>
  );
}

interface TotalsShown {
  totals: Asked<Answer<RecallTotalsQuery>>;
  inStock: number | undefined;
  limited: boolean;
  go: Go;
}

function Totals({ totals, inStock, limited, go }: TotalsShown) {
  const { say, language } = useSession();
  if (totals.loading && !totals.data) return <Loading />;
  const counted = totals.data?.data.ImplantRecall?.totals;
  const costly = [totals.failure, totals.data?.missing].some((each) => each?.code === 'too-costly');
  if (costly && !counted) return <Warning>{say('tooManyTotals')}</Warning>;
  if (totals.failure) return <Trouble failure={totals.failure} again={totals.again} />;
  if (!counted) return <Partly missing={totals.data?.missing} />;
  const shown = [
    ['patients', counted.patients],
    ['devices', counted.devices],
    ['procedures', counted.procedures],
    ['inStock', inStock],
    ['withoutProcedure', counted.withoutProcedure],
  ] as const;
  const organizations = present(counted.byOrganization).map(({ organization, count }, index) => ({
    key: organization?.id ?? `${index}`,
    name: organization?.name ?? organization?.id ?? say('unknownPatient'),
    count,
  }));
  const rest = organizations.slice(MOST_ORGANIZATIONS);
  const months = present(counted.byMonth);
  return (
    <section aria-busy={totals.loading}>
      <Partly missing={totals.data?.missing} />
      <dl className="totals">
        {shown.map(([name, value]) => (
          <div key={name} data-total={name}>
            <dt>{say(name)}</dt>
            <dd>{value === undefined ? '…' : numberText(value, language)}</dd>
          </div>
        ))}
      </dl>
      {limited && counted.procedures === 0 && (
        <p className="notice">
          {say('nothingInPeriod')}{' '}
          <button type="button" onClick={() => go({ from: '', to: '' })}>
            {say('withoutPeriod')}
          </button>
        </p>
      )}
      {months.length > 0 && (
        <div className="charts">
          <MonthBars counts={months} />
          <div>
            <NamedBars title={say('byOrganization')} head={say('hospital')} counts={organizations.slice(0, MOST_ORGANIZATIONS)} />
            {rest.length > 0 && (
              <p className="dim">
                {say('organizations', {
                  count: numberText(rest.length, language),
                  procedures: numberText(rest.reduce((sum, { count }) => sum + count, 0), language),
                })}
              </p>
            )}
          </div>
        </div>
      )}
    </section>
  );
}

type Limits = Criteria & { implantedFrom?: string; implantedTo?: string };

function Implanted({ criteria, limits, period, limitsKey }: { criteria: Criteria; limits: Limits; period: Period; limitsKey: string }) {
  const { say } = useSession();
  const [sort, setSort] = useState<'-date' | 'date'>('-date');
  const pages = usePages(`${limitsKey} ${sort}`);
  const rows = useAnswer(`rows ${limitsKey} ${sort} ${pages.after}`, (asking) =>
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
  const { say, language } = useSession();
  const procedure = row.procedure?.id;
  return (
    <tr>
      <td className="date">{dateText(row.date, language) || '–'}</td>
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
      <td>
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

function Stocked({ stock, pages }: { stock: Asked<Answer<StockRowsQuery>>; pages: Pages }) {
  const { say, language } = useSession();
  const answer = stock.data?.data.ImplantStock;
  const nodes = present(answer?.edges).map(({ node }) => node);
  return (
    <section aria-labelledby="stock" aria-busy={stock.loading}>
      <h2 id="stock">{say('stock')}</h2>
      {stock.loading && !stock.data && <Loading />}
      {stock.failure && <Trouble failure={stock.failure} again={stock.again} />}
      <Partly missing={stock.data?.missing} />
      {answer && nodes.length === 0 && <p className="dim">{say('stockNone')}</p>}
      {nodes.length > 0 && (
        <div className="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{say('device')}</th>
                <th scope="col">{say('lot')}</th>
                <th scope="col">{say('expires')}</th>
                <th scope="col">{say('place')}</th>
                <th scope="col">{say('since')}</th>
              </tr>
            </thead>
            <tbody>
              {nodes.map(({ device, location, organization, owner, since }, index) => (
                <tr key={device?.id ?? index}>
                  <td>
                    <DeviceLink device={device} />
                  </td>
                  <td>
                    <Numbers device={device} />
                  </td>
                  <td>
                    <Expiry date={device?.expirationDate} />
                  </td>
                  <td>
                    {location?.name ?? location?.id ?? '–'}
                    <small>{(organization ?? owner)?.name}</small>
                  </td>
                  <td className="date">{dateText(since, language) || '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Pager pages={pages} end={answer?.pageInfo.hasNextPage ? answer.pageInfo.endCursor : null} label={say('stock')} />
    </section>
  );
}

/** The whole recall as a file. It is fetched, not linked to: a link carries no token, and could not tell of a failure. */
function Download({ criteria, period }: { criteria: Criteria; period: Period }) {
  const { asking, language, say } = useSession();
  const [state, setState] = useState<'idle' | 'busy' | Failure>('idle');

  async function download() {
    setState('busy');
    const query = new URLSearchParams((Object.entries(criteria) as [string, string[]][]).flatMap(([name, values]) => values.map((value) => [name, value])));
    if (period.from) query.set('implantedFrom', period.from);
    if (period.to) query.set('implantedTo', period.to);
    if (language === 'fr') query.set('separator', ';');
    try {
      const file = URL.createObjectURL(await fetchTable(`recall.csv?${query}`, asking));
      const link = document.createElement('a');
      link.href = file;
      link.download = language === 'fr' ? 'rappel.csv' : 'recall.csv';
      link.click();
      setTimeout(() => URL.revokeObjectURL(file), 60_000); // by then the browser has begun to read it
      setState('idle');
    } catch (error) {
      setState(error instanceof Failure ? error : new Failure('other'));
    }
  }

  return (
    <>
      <button type="button" disabled={state === 'busy'} onClick={download}>
        {say(state === 'busy' ? 'csvWaiting' : 'csv')}
      </button>
      {state instanceof Failure && <Trouble failure={state} again={download} />}
    </>
  );
}
