import { Component, lazy, type ReactNode, Suspense, useEffect, useRef, useSyncExternalStore } from 'react';
import { addressOf, type Place, placeOf } from './address';
import type { Message } from './messages';
import { Loading } from './parts/states';
import { TokenButton } from './parts/token';
import { Recall } from './pages/recall';
import { useSession } from './session';

// Each view is a file of its own but the first one, which everybody opens.
const Patient = lazy(() => import('./pages/patient'));
const Device = lazy(() => import('./pages/device'));
const Procedure = lazy(() => import('./pages/procedure'));
const Intake = lazy(() => import('./pages/intake'));
const Overview = lazy(() => import('./pages/overview'));
const Playground = lazy(() => import('./playground/playground'));

const VIEWS: Readonly<Record<string, (place: Place) => ReactNode>> = {
  recall: (place) => <Recall place={place} />,
  patient: ({ id }) => <Patient id={id} />,
  device: ({ id }) => <Device id={id} />,
  procedure: ({ id }) => <Procedure id={id} />,
  intake: () => <Intake />,
  overview: (place) => <Overview place={place} />,
  playground: () => <Playground />,
};

const LINKS: readonly Message[] = ['recall', 'overview', 'intake', 'playground'];
const TITLES: readonly Message[] = [...LINKS, 'patient', 'device', 'procedure'];

/** The frame around every view. */
export function App() {
  const { language, say, setLanguage } = useSession();
  const place = usePlace();
  const main = useRef<HTMLElement>(null);
  const where = `${place.view}/${place.id}`;
  const first = useRef(where);

  useEffect(() => {
    const name = TITLES.find((each) => each === place.view);
    document.title = name ? `${say(name)} – dmi-graph` : 'dmi-graph';
  }, [place.view, say]);

  // Whoever listens to the page is told that it is another one.
  useEffect(() => {
    if (first.current === where) return;
    first.current = where;
    scrollTo(0, 0);
    main.current?.focus();
  }, [where]);

  const view = VIEWS[place.view];
  return (
    <>
      <a className="skip" href="#content" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        {say('skip')}
      </a>
      <header>
        <a className="brand" href={addressOf('recall')}>
          dmi-graph
        </a>
        <nav aria-label={say('navigation')}>
          {LINKS.map((each) => (
            <a key={each} href={addressOf(each)} aria-current={each === place.view ? 'page' : undefined}>
              {say(each)}
            </a>
          ))}
        </nav>
        <TokenButton />
        <button type="button" lang={language === 'en' ? 'fr' : 'en'} onClick={() => setLanguage(language === 'en' ? 'fr' : 'en')}>
          {say('language')}
        </button>
      </header>
      <main id="content" ref={main} tabIndex={-1} className={place.view === 'playground' ? 'wide' : undefined}>
        <Guard key={where} message={say('crashed')}>
          <Suspense fallback={<Loading />}>{view ? view(place) : <Unknown />}</Suspense>
        </Guard>
      </main>
    </>
  );
}

function Unknown() {
  const { say } = useSession();
  return (
    <section className="notice">
      <p>{say('unknownView')}</p>
      <a href={addressOf('recall')}>{say('toRecall')}</a>
    </section>
  );
}

function usePlace(): Place {
  const hash = useSyncExternalStore(
    (changed) => {
      addEventListener('hashchange', changed);
      return () => removeEventListener('hashchange', changed);
    },
    () => location.hash,
  );
  return placeOf({ hash, pathname: location.pathname });
}

/** Keeps the frame when a view fails by an error of its own, or its file cannot be loaded. */
class Guard extends Component<{ message: string; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <p className="notice bad" role="alert">
        {this.props.message}
      </p>
    );
  }
}
