import { numberText } from '../format';
import type { Message } from '../messages';
import { useSession } from '../session';

interface TilesShown {
  /** Names with their numbers; undefined is on its way. */
  counts: readonly (readonly [Message, number | undefined])[];
  values?: Record<string, string | number>;
}

/** The figures that matter most, in large digits. */
export function Tiles({ counts, values }: TilesShown) {
  const { say, language } = useSession();
  return (
    <dl className="totals">
      {counts.map(([name, count]) => (
        <div key={name} data-total={name}>
          <dt>{say(name, values)}</dt>
          <dd>{count === undefined ? '…' : numberText(count, language)}</dd>
        </div>
      ))}
    </dl>
  );
}
