import { type FormEvent, useCallback, useEffect, useRef, useState } from 'react';
import { addressOf, type Place } from '../address';
import { useAnswer } from '../answer';
import { numberText, present, shareText } from '../format';
import { ExpiringStockDocument, OverviewDocument, type OverviewQuery } from '../generated';
import { Bar, MonthBars, NamedBars } from '../parts/bars';
import { usePages } from '../parts/pager';
import { Loading, Partly, Trouble, Warning } from '../parts/states';
import { Stock } from '../parts/stock';
import { Tiles } from '../parts/tiles';
import { ask } from '../server';
import { useSession } from '../session';
import { Latest } from './latest';

const MOST_TYPES = 10;
const WITHIN = 90; // days
const EXPIRING = 10; // rows of a page
const REST = 3_000; // milliseconds between figures, however much is stored

/** The figures of a period: how many, of what, how completely recorded; what is stored just now, and what expires in stock. */
export default function Overview({ place }: { place: Place }) {
  const { say } = useSession();
  const from = place.parameters.get('from') ?? '';
  const to = place.parameters.get('to') ?? '';
  const period = { ...(from && { from }), ...(to && { to }) };
  const { beat, changed, rest } = useBeat();
  const asked = useAnswer(
    JSON.stringify(period),
    (asking) => ask(OverviewDocument, { ...period, expiringWithin: WITHIN }, asking),
    beat,
  );
  const figures = asked.data?.data.DmiStatistics;
  rest.current = asked.underway;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    location.hash = addressOf('overview', '', { from: String(given.get('from')), to: String(given.get('to')) });
  }

  return (
    <>
      <h1>{say('overview')}</h1>
      <form className="search" onSubmit={submit} key={`${from} ${to}`}>
        <fieldset className="line period">
          <legend className="unseen">{say('period')}</legend>
          <label htmlFor="from">{say('periodFrom')}</label>
          <input id="from" name="from" type="date" defaultValue={from} />
          <label htmlFor="to">{say('to')}</label>
          <input id="to" name="to" type="date" defaultValue={to} />
          <button type="submit" className="main">
            {say('show')}
          </button>
        </fieldset>
      </form>
      {asked.loading && !figures && <Loading />}
      {asked.failure && (asked.failure.code === 'too-costly' ? <Warning>{say('overviewTooMuch')}</Warning> : <Trouble failure={asked.failure} again={asked.again} />)}
      <Partly missing={asked.data?.missing} />
      {figures && (
        <div aria-busy={asked.loading}>
          <Counts figures={figures} />
        </div>
      )}
      <Latest changed={changed} />
      {figures && (
        <div aria-busy={asked.loading}>
          <Charts figures={figures} />
        </div>
      )}
      <Expiring beat={beat} />
    </>
  );
}

type Shown = NonNullable<OverviewQuery['DmiStatistics']>;

function Counts({ figures }: { figures: Shown }) {
  return (
    <Tiles
      values={{ days: WITHIN }}
      counts={[
        ['procedures', figures.procedures],
        ['deviceTypes', figures.deviceTypes],
        ['inStock', figures.stock.devices],
        ['stockExpired', figures.stock.expired],
        ['stockExpiring', figures.stock.expiring],
      ]}
    />
  );
}

function Charts({ figures }: { figures: Shown }) {
  const { say } = useSession();
  if (figures.procedures === 0) return <p className="notice">{say('overviewNone')}</p>;
  return (
    <div className="charts">
      <MonthBars counts={present(figures.byMonth)} />
      <NamedBars
        title={say('topDevices')}
        head={say('kind')}
        counts={present(figures.byDeviceType)
          .slice(0, MOST_TYPES)
          .map(({ code, display, count }) => ({
            key: code,
            name: display ?? code,
            count,
            ...(display && { href: addressOf('recall', '', { q: display, as: 'name' }) }),
          }))}
      />
      <Completeness completeness={figures.completeness} />
    </div>
  );
}

function Completeness({ completeness }: { completeness: Shown['completeness'] }) {
  const { say, language } = useSession();
  const shares = ['udi', 'lotOrSerial', 'expiry', 'complete'] as const;
  return (
    <figure className="chart">
      <figcaption>{say('completeness', { devices: numberText(completeness.devices, language) })}</figcaption>
      <table className="bars">
        <thead className="unseen">
          <tr>
            <th scope="col">{say('recorded')}</th>
            <th scope="col">{say('share')}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {shares.map((name) => {
            const { count, share } = completeness[name];
            return (
              <tr key={name}>
                <th scope="row">{say(`with_${name}`)}</th>
                <td className="number">
                  {share === null ? '–' : shareText(share, language)}
                  <small>{numberText(count, language)}</small>
                </td>
                <Bar share={share ?? 0} whole />
              </tr>
            );
          })}
        </tbody>
      </table>
    </figure>
  );
}

/** What in stock has expired or soon will, the first to expire first; whatever the period is. */
function Expiring({ beat }: { beat: number }) {
  const { say } = useSession();
  const pages = usePages('expiring');
  const before = new Date(Date.now() + (WITHIN + 1) * 86_400_000).toISOString().slice(0, 10);
  const stock = useAnswer(`expiring ${before} ${pages.after}`, (asking) =>
    ask(ExpiringStockDocument, { before, first: EXPIRING, after: pages.after }, asking),
    beat,
  );
  return (
    <section aria-labelledby="expiring" aria-busy={stock.loading}>
      <h2 id="expiring">{say('expiring', { days: WITHIN })}</h2>
      <Stock stock={stock} pages={pages} none={say('expiringNone', { days: WITHIN })} />
    </section>
  );
}

/** A number that grows soon after `changed` was called: once for many calls, and not while figures are on their way (`rest`). */
function useBeat() {
  const [beat, setBeat] = useState(0);
  const due = useRef(false);
  const rest = useRef(false);
  const changed = useCallback(() => {
    due.current = true;
  }, []);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!due.current || rest.current) return;
      due.current = false;
      setBeat((count) => count + 1);
    }, REST);
    return () => clearInterval(timer);
  }, []);
  return { beat, changed, rest };
}
