// Uses the page of a server that asks for access tokens and runs known documents only, in Chromium, and prints what a
// person would see as one line of JSON.
//
//   node guarded.mjs http://127.0.0.1:8000 DIRECTORY_FOR_SCREENSHOTS '{"good": TOKEN, "own": TOKEN, "old": TOKEN, "narrow": TOKEN}'
import { join } from 'node:path';
import { settled, visits } from './browser.mjs';
import { editorText } from './graphiql.mjs';

const [server, screenshots, given] = process.argv.slice(2);
const tokens = JSON.parse(given);

const found = await visits(server, screenshots, {
  guarded: { path: '/#/recall?q=RPG23029001', steps: asked },
  playgroundGuarded: { path: '/#/playground', steps: explored },
});
console.log(JSON.stringify(found));

/** A recall without a token, with one that is over, with a good one, with one for a single patient, with too narrow a one. */
async function asked(page) {
  const alert = page.getByRole('alert').first();
  await alert.waitFor();
  const seen = { without: await alert.innerText() };
  await page.screenshot({ path: join(screenshots, 'page-token-asked.png') });
  await give(page, tokens.old);
  await alert.waitFor();
  seen.old = await alert.innerText();
  await give(page, tokens.good);
  seen.everybody = await patients(page);
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.locator('[data-total=stockExpiring] dd').waitFor();
  seen.procedures = await page.locator('[data-total=procedures] dd').innerText();
  await page.locator('.live').getByText('Live: ').waitFor();
  await page.locator('tr[data-procedure]').nth(4).waitFor();
  seen.live = await page.locator('tr[data-procedure]').count();
  await page.getByRole('link', { name: 'Recall', exact: true }).click();
  await page.getByRole('searchbox').fill('RPG23029001');
  await page.getByRole('searchbox').press('Enter');
  await page.locator('td[data-patient] a').first().click();
  await page.locator('.time article').first().waitFor();
  await page.goBack();
  await patients(page);
  await give(page, tokens.own);
  await page.waitForFunction(() => document.querySelectorAll('td[data-patient]').length === 1);
  seen.own = await patients(page);
  await give(page, tokens.narrow);
  await alert.waitFor();
  seen.narrow = await alert.innerText();
  seen.kept = await page.evaluate(() => JSON.stringify(localStorage));
  return seen;
}

/** The playground sends the token that the page was given. */
async function explored(page) {
  await page.getByRole('tab').first().waitFor();
  await give(page, tokens.good);
  await editorText(page, 'Operation Editor');
  await page.getByRole('button', { name: /^Execute query/ }).click();
  const response = page.locator('.graphiql-response');
  await response.getByText('"data"').first().waitFor();
  return { response: await response.innerText() };
}

async function give(page, token) {
  await page.getByRole('button', { name: /^Access token/ }).first().click();
  await page.getByRole('textbox', { name: 'Access token' }).fill(token);
  await page.getByRole('button', { name: 'Use it' }).click();
}

async function patients(page) {
  await page.locator('td[data-patient]').first().waitFor();
  await settled(page);
  return page.locator('td[data-patient]').evaluateAll((cells) => [...new Set(cells.map((cell) => cell.dataset.patient))]);
}
