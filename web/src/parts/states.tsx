import type { ReactNode } from 'react';
import type { Message } from '../messages';
import type { Failure, FailureKind } from '../server';
import { useSession } from '../session';

const SAID: Record<FailureKind, Message | null> = {
  unauthorised: 'failedUnauthorised',
  forbidden: 'failedForbidden',
  throttled: 'failedThrottled',
  unreachable: 'failedUnreachable',
  other: 'failedOther',
  refused: null, // the server's own messages say it
};

/** Why there is no answer, and what can be done. */
export function Trouble({ failure, again }: { failure: Failure; again?: () => void }) {
  const { say } = useSession();
  const said = SAID[failure.kind];
  const own = failure.kind === 'refused' || failure.kind === 'forbidden' ? failure.messages : [];
  return (
    <div className="notice bad" role="alert">
      {said && <p>{say(said, { status: failure.status })}</p>}
      {own.map((message) => (
        <p key={message}>{message}</p>
      ))}
      {failure.kind === 'unauthorised' && (
        <button type="button" onClick={() => document.querySelector<HTMLButtonElement>('#token-button')?.click()}>
          {say('token')}
        </button>
      )}
      {again && failure.kind !== 'refused' && (
        <button type="button" onClick={again}>
          {say('tryAgain')}
        </button>
      )}
    </div>
  );
}

/** What of an answer is missing. */
export function Partly({ missing }: { missing: Failure | null | undefined }) {
  const { say } = useSession();
  if (!missing) return null;
  return (
    <Warning>
      {say('partly')} {missing.messages.slice(0, 3).join(' ')}
    </Warning>
  );
}

export function Warning({ children }: { children: ReactNode }) {
  return (
    <div className="notice warn" role="status">
      <p>{children}</p>
    </div>
  );
}

export function Loading() {
  const { say } = useSession();
  return (
    <p className="loading" role="status">
      {say('loading')}
    </p>
  );
}
