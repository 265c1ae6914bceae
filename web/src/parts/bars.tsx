import type { ReactNode } from 'react';
import { dateText, numberText, shortText } from '../format';
import { type MonthCount, withoutGaps } from '../months';
import { useSession } from '../session';
import { axesOf, useWidth } from './axes';

const HEIGHT = 150;
const LEFT = 36; // room for the numbers beside the axis
const LABELLED = 24; // as many bars have room for a number of their own

/** Counts by month as bars, and as a table for whoever wants the numbers. */
export function MonthBars({ counts }: { counts: readonly MonthCount[] }) {
  const { say, language } = useSession();
  const [figure, width] = useWidth();
  const bars = withoutGaps(counts);
  const byYear = bars[0]?.month.length === 4;
  const { x, y, months, values } = axesOf(bars, { width, height: HEIGHT, left: LEFT });
  return (
    <figure className="chart months" ref={figure}>
      <figcaption>{say(byYear ? 'byYear' : 'byMonth')}</figcaption>
      {/* Bars are for the eye; the table below has the same numbers. */}
      <svg viewBox={`0 0 ${width} ${HEIGHT + 24}`} height={HEIGHT + 24} aria-hidden="true" focusable="false">
        {values.map((value) => (
          <g key={value}>
            <line x1={LEFT} x2={width} y1={y(value)} y2={y(value)} className={value === 0 ? 'axis' : 'grid'} />
            <text x={LEFT - 8} y={y(value) + 4} textAnchor="end">
              {shortText(value, language)}
            </text>
          </g>
        ))}
        {bars.map(({ month, count }) => (
          <g key={month} className="month">
            <title>{`${dateText(month, language)}: ${numberText(count, language)}`}</title>
            <rect x={x(month)} y="0" width={x.bandwidth()} height={HEIGHT} className="reach" />
            <rect x={x(month)} y={y(count)} width={x.bandwidth()} height={HEIGHT - y(count)} className="bar" />
            {count > 0 && bars.length <= LABELLED && (
              <text x={(x(month) ?? 0) + x.bandwidth() / 2} y={y(count) - 4} textAnchor="middle">
                {numberText(count, language)}
              </text>
            )}
          </g>
        ))}
        {months.map(({ month, at, text }) => (
          <text key={month} x={at} y={HEIGHT + 18} textAnchor="middle">
            {text ?? dateText(month, language)}
          </text>
        ))}
      </svg>
      <details>
        <summary>{say('asTable')}</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">{say(byYear ? 'year' : 'month')}</th>
              <th scope="col" className="number">
                {say('count')}
              </th>
            </tr>
          </thead>
          <tbody>
            {bars
              .filter(({ count }) => count > 0)
              .map(({ month, count }) => (
                <tr key={month}>
                  <th scope="row">{dateText(month, language)}</th>
                  <td className="number">{numberText(count, language)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

export interface NamedCount {
  key: string;
  name: string;
  count: number;
  /** Where the name leads to, if it does. */
  href?: string;
}

interface NamedCounts {
  title: string;
  head: string;
  counts: readonly NamedCount[];
  children?: ReactNode;
}

/** Counts by name, as a table whose rows have a bar. */
export function NamedBars({ title, head, counts, children }: NamedCounts) {
  const { say, language } = useSession();
  const most = Math.max(1, ...counts.map(({ count }) => count));
  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      <table className="bars">
        <thead className="unseen">
          <tr>
            <th scope="col">{head}</th>
            <th scope="col">{say('count')}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {counts.map(({ key, name, count, href }) => (
            <tr key={key}>
              <th scope="row">{href ? <a href={href}>{name}</a> : name}</th>
              <td className="number">{numberText(count, language)}</td>
              <Bar share={count / most} />
            </tr>
          ))}
        </tbody>
      </table>
      {children}
    </figure>
  );
}

/** A cell with a bar of that part, from 0 to 1; `whole` shows what is left, too. */
export function Bar({ share, whole = false }: { share: number; whole?: boolean }) {
  return (
    <td className="track">
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        {whole && <rect width="100" height="10" className="whole" />}
        <rect width={share * 100} height="10" className="bar" />
      </svg>
    </td>
  );
}
