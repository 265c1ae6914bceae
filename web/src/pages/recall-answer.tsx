import { useAnswer } from '../answer';
import { RecallTotalsDocument, StockRowsDocument } from '../generated';
import type { Criteria } from '../meanings';
import { ROWS, usePages } from '../parts/pager';
import { Stock } from '../parts/stock';
import { ask } from '../server';
import { useSession } from '../session';
import { Implanted } from './recall-rows';
import { Totals } from './recall-totals';

export interface Period {
  from: string;
  to: string;
}

export type Go = (changes: Record<string, string>) => void;
export type Limits = Criteria & { implantedFrom?: string; implantedTo?: string };

/** Patients, devices and stock of a recall at once: totals, bars, and both lists by pages. */
export function RecallAnswer({ criteria, period, go }: { criteria: Criteria; period: Period; go: Go }) {
  const { say } = useSession();
  const limits: Limits = {
    ...criteria,
    ...(period.from && { implantedFrom: period.from }),
    ...(period.to && { implantedTo: period.to }),
  };
  const totals = useAnswer(`totals ${JSON.stringify(limits)}`, (asking) => ask(RecallTotalsDocument, limits, asking));
  const key = JSON.stringify(criteria);
  const pages = usePages(key);
  const stock = useAnswer(`stock ${key} ${pages.after}`, (asking) =>
    ask(StockRowsDocument, { ...criteria, first: ROWS, after: pages.after }, asking),
  );
  return (
    <>
      <Totals totals={totals} inStock={stock.data?.data.ImplantStock?.count} go={go} limited={Boolean(period.from || period.to)} />
      <Implanted criteria={criteria} limits={limits} period={period} />
      <section aria-labelledby="stock" aria-busy={stock.loading}>
        <h2 id="stock">{say('stock')}</h2>
        <Stock stock={stock} pages={pages} none={say('stockNone')} />
      </section>
    </>
  );
}
