import { type FormEvent, useRef } from 'react';
import { useSession } from '../session';

/** Takes the access token of whoever uses this tab. */
export function TokenButton() {
  const { say, token, setToken } = useSession();
  const dialog = useRef<HTMLDialogElement>(null);

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const given = String(new FormData(event.currentTarget).get('token'));
    setToken(given.replace(/^\s*bearer\s+/i, '').replace(/\s+/g, ''));
    event.currentTarget.reset();
    dialog.current?.close();
  }

  return (
    <>
      <button type="button" id="token-button" aria-haspopup="dialog" onClick={() => dialog.current?.showModal()}>
        {say(token === '' ? 'token' : 'tokenKept')}
      </button>
      <dialog ref={dialog} aria-labelledby="token-title">
        <form onSubmit={submit}>
          <h2 id="token-title">{say('token')}</h2>
          <p id="token-explained">{say('tokenExplained')}</p>
          <textarea name="token" rows={5} required aria-labelledby="token-title" aria-describedby="token-explained" spellCheck={false} />
          <div className="line">
            <button type="submit" className="main">
              {say('tokenUse')}
            </button>
            {token !== '' && (
              <button type="button" onClick={() => (setToken(''), dialog.current?.close())}>
                {say('tokenForget')}
              </button>
            )}
            <button type="button" onClick={() => dialog.current?.close()}>
              {say('close')}
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
