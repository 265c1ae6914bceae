import type { Asked } from '../answer';
import { present } from '../format';
import type { StockRowsQuery } from '../generated';
import type { Answer } from '../server';
import { useSession } from '../session';
import { Pager, type Pages } from './pager';
import { DeviceLink, Expiry, Moment, Numbers } from './records';
import { Loading, Partly, Trouble } from './states';

interface StockShown {
  stock: Asked<Answer<StockRowsQuery>>;
  pages: Pages;
  /** What is said where there is none. */
  none: string;
}

/** Devices in stock, each with its place, by pages. */
export function Stock({ stock, pages, none }: StockShown) {
  const { say } = useSession();
  const answer = stock.data?.data.ImplantStock;
  const nodes = present(answer?.edges).map(({ node }) => node);
  return (
    <>
      {stock.loading && !stock.data && <Loading />}
      {stock.failure && <Trouble failure={stock.failure} again={stock.again} />}
      <Partly missing={stock.data?.missing} />
      {answer && nodes.length === 0 && <p className="dim">{none}</p>}
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
                  <td className="date">
                    <Expiry date={device?.expirationDate} />
                  </td>
                  <td>
                    {location?.name ?? location?.id ?? '–'}
                    <small>{(organization ?? owner)?.name}</small>
                  </td>
                  <td className="date">
                    <Moment date={since} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Pager pages={pages} end={answer?.pageInfo.hasNextPage ? answer.pageInfo.endCursor : null} label={say('stock')} />
    </>
  );
}
