import type { Asked } from '../answer';
import { numberText, present } from '../format';
import type { RecallTotalsQuery } from '../generated';
import { MonthBars, NamedBars } from '../parts/bars';
import { Loading, Partly, Trouble, Warning } from '../parts/states';
import { Tiles } from '../parts/tiles';
import type { Answer } from '../server';
import { useSession } from '../session';
import type { Go } from './recall-answer';

const MOST_ORGANIZATIONS = 10;

interface TotalsShown {
  totals: Asked<Answer<RecallTotalsQuery>>;
  inStock: number | undefined;
  limited: boolean;
  go: Go;
}

/** How large a recall is, by month and by organization; or that it is too large to be counted. */
export function Totals({ totals, inStock, limited, go }: TotalsShown) {
  const { say, language } = useSession();
  if (totals.loading && !totals.data) return <Loading />;
  const counted = totals.data?.data.ImplantRecall?.totals;
  const costly = [totals.failure, totals.data?.missing].some((each) => each?.code === 'too-costly');
  if (costly && !counted) return <Warning>{say('tooManyTotals')}</Warning>;
  if (totals.failure) return <Trouble failure={totals.failure} again={totals.again} />;
  if (!counted) return <Partly missing={totals.data?.missing} />;
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
      <Tiles
        counts={[
          ['patients', counted.patients],
          ['devices', counted.devices],
          ['procedures', counted.procedures],
          ['inStock', inStock],
          ['withoutProcedure', counted.withoutProcedure],
        ]}
      />
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
          <NamedBars title={say('byOrganization')} head={say('hospital')} counts={organizations.slice(0, MOST_ORGANIZATIONS)}>
            {rest.length > 0 && (
              <p className="dim">
                {say('organizations', {
                  count: numberText(rest.length, language),
                  procedures: numberText(rest.reduce((sum, { count }) => sum + count, 0), language),
                })}
              </p>
            )}
          </NamedBars>
        </div>
      )}
    </section>
  );
}
