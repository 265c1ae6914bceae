import { dateText, numberText } from '../format';
import { type MonthCount, withoutGaps } from '../months';
import { useSession } from '../session';

const HEIGHT = 120;
const WIDTH = 640;

/** Counts by month as bars, and as a table for whoever wants the numbers. */
export function MonthBars({ counts }: { counts: readonly MonthCount[] }) {
  const { say, language } = useSession();
  const bars = withoutGaps(counts);
  const byYear = bars[0]?.month.length === 4;
  const title = say(byYear ? 'byYear' : 'byMonth');
  const most = Math.max(1, ...bars.map(({ count }) => count));
  const step = WIDTH / Math.max(bars.length, 12);
  const [first, last] = [bars[0], bars.at(-1)];
  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      {/* Bars are for the eye; the table below has the same numbers. */}
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + 20}`} aria-hidden="true" focusable="false">
        <line x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} className="axis" />
        {bars.map(({ month, count }, index) => {
          const height = (count / most) * (HEIGHT - 16);
          return (
            <g key={month}>
              <title>{`${dateText(month, language)}: ${numberText(count, language)}`}</title>
              <rect x={index * step} y="0" width={step} height={HEIGHT} className="reach" />
              <rect x={index * step + step * 0.12} y={HEIGHT - height} width={step * 0.76} height={height} className="bar" />
              {count === most && bars.length <= 24 && (
                <text x={(index + 0.5) * step} y={HEIGHT - height - 4} textAnchor="middle">
                  {numberText(count, language)}
                </text>
              )}
            </g>
          );
        })}
        {first && (
          <text x="0" y={HEIGHT + 15}>
            {dateText(first.month, language)}
          </text>
        )}
        {last && first !== last && (
          <text x={bars.length * step} y={HEIGHT + 15} textAnchor="end">
            {dateText(last.month, language)}
          </text>
        )}
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
}

/** Counts by name, as a table whose rows have a bar. */
export function NamedBars({ title, head, counts }: { title: string; head: string; counts: readonly NamedCount[] }) {
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
          {counts.map(({ key, name, count }) => (
            <tr key={key}>
              <th scope="row">{name}</th>
              <td className="number">{numberText(count, language)}</td>
              <td className="track">
                <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                  <rect width={(count / most) * 100} height="10" className="bar" />
                </svg>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
