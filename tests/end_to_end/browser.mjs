// A browser in front of a running server, with all other network closed.
//
// DMI_CHROMIUM names it. It reaches the server's own host and nothing else; what it asks of others is recorded.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { chromium } = createRequire(new URL('../../web/package.json', import.meta.url))('playwright-core');

const PATIENCE = 60_000; // milliseconds for one step on a slow, shared machine

/**
 * Opens each `{ path, steps, colorScheme, locale, viewport }` by its name, each in a profile of its own, and tells what
 * its steps found, with what was asked of other hosts, what the policy forbade, and what the console says of errors.
 */
export async function visits(server, screenshots, pages) {
  const { origin, hostname } = new URL(server);
  const findings = { foreign: [], errors: [], violations: [], pages: {} };
  const browser = await chromium.launch({
    executablePath: process.env.DMI_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE ${hostname}`,
    ],
  });
  try {
    for (const [name, page] of Object.entries(pages)) findings.pages[name] = await visit(name, page);
  } finally {
    await browser.close();
  }
  return findings;

  async function visit(name, { path, steps, colorScheme = 'light', locale = 'en-GB', viewport = { width: 1280, height: 800 } }) {
    const context = await browser.newContext({ colorScheme, locale, viewport });
    context.setDefaultTimeout(PATIENCE);
    await context.exposeFunction('reportViolation', (violation) => findings.violations.push(violation));
    await context.addInitScript(() =>
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        globalThis.reportViolation(`${violatedDirective} ${blockedURI}`),
      ),
    );
    await context.route(() => true, answer);
    context.on('weberror', (failure) => findings.errors.push(`${name}: ${failure.error()}`));
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') findings.errors.push(`${name}: ${message.text()}`);
    });
    await page.goto(origin + path);
    const found = await steps(page);
    await page.screenshot({ path: join(screenshots, `page-${name}.png`), fullPage: true });
    await page.close();
    await context.unrouteAll({ behavior: 'ignoreErrors' }); // what was still on its way concerns nobody now
    await context.close();
    return found;
  }

  /** Lets requests to the server through (below /some/prefix as a reverse proxy would), records and stops all others. */
  async function answer(route) {
    const url = new URL(route.request().url());
    if (url.origin !== origin) {
      findings.foreign.push(url.href);
      return route.abort();
    }
    if (!url.pathname.startsWith('/some/prefix/')) return route.continue();
    // A browser asks once more, too, where the server was just closing a connection that was idle.
    const address = origin + url.pathname.slice('/some/prefix'.length) + url.search;
    const response = await route.fetch({ url: address, maxRetries: 2 });
    return route.fulfill({ response });
  }
}

/** Waits until nothing that is shown is being asked for anew. */
export function settled(page) {
  return page.waitForFunction(() => document.querySelector('[aria-busy=true]') === null);
}
