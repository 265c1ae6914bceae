import './page.css';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { SessionProvider } from './session';

createRoot(document.getElementById('page')!).render(
  <SessionProvider>
    <App />
  </SessionProvider>,
);
