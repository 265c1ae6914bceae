import type { FormEvent } from 'react';
import { addressOf, type Place } from '../address';
import { useAnswer } from '../answer';
import { numberText, present, shareText } from '../format';
import { OverviewDocument } from '../generated';
import { MonthBars, NamedBars } from '../parts/bars';
import { Loading, Partly, Trouble, Warning } from '../parts/states';
import { ask } from '../server';
import { useSession } from '../session';

const MOST_TYPES = 15;
const WITHIN = 90; // days

/** The figures of a period: how many, of what, how completely recorded, and what expires in stock. */
export default function Overview({ place }: { place: Place }) {
  const { say, language } = useSession();
  const from = place.parameters.get('from') ?? '';
  const to = place.parameters.get('to') ?? '';
  const period = { ...(from && { from }), ...(to && { to }) };
  const asked = useAnswer(JSON.stringify(period), (asking) => ask(OverviewDocument, { ...period, expiringWithin: WITHIN }, asking));
  const figures = asked.data?.data.DmiStatistics;

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
      {asked.loading && <Loading />}
      {asked.failure && (asked.failure.code === 'too-costly' ? <Warning>{say('overviewTooMuch')}</Warning> : <Trouble failure={asked.failure} again={asked.again} />)}
      <Partly missing={asked.data?.missing} />
      {figures && (
        <div aria-busy={asked.loading}>
          <dl className="totals">
            {(
              [
                ['procedures', figures.procedures],
                ['deviceTypes', figures.deviceTypes],
                ['inStock', figures.stock.devices],
                ['stockExpired', figures.stock.expired],
                ['stockExpiring', figures.stock.expiring],
              ] as const
            ).map(([name, value]) => (
              <div key={name} data-total={name}>
                <dt>{say(name, { days: WITHIN })}</dt>
                <dd>{numberText(value, language)}</dd>
              </div>
            ))}
          </dl>
          {figures.procedures === 0 ? (
            <p className="notice">{say('overviewNone')}</p>
          ) : (
            <div className="charts">
              <MonthBars counts={present(figures.byMonth)} />
              <Completeness completeness={figures.completeness} />
              <NamedBars
                title={say('topDevices')}
                head={say('kind')}
                counts={present(figures.byDeviceType)
                  .slice(0, MOST_TYPES)
                  .map(({ code, display, count }) => ({ key: code, name: display ?? code, count }))}
              />
            </div>
          )}
        </div>
      )}
    </>
  );
}

interface Shares {
  devices: number;
  udi: Share;
  lotOrSerial: Share;
  expiry: Share;
  complete: Share;
}

interface Share {
  count: number;
  share: number | null;
}

function Completeness({ completeness }: { completeness: Shares }) {
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
                <td className="track">
                  <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                    <rect width="100" height="10" className="whole" />
                    <rect width={(share ?? 0) * 100} height="10" className="bar" />
                  </svg>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </figure>
  );
}
