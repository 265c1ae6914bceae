// Uses the page of a running server as a person would, in Chromium, and prints what they would find as one line of JSON.
//
//   node dashboard.mjs http://127.0.0.1:8000 DIRECTORY_FOR_SCREENSHOTS ID_OF_A_DEVICE_IN_STOCK
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faults } from './axe.mjs';
import { settled, visits } from './browser.mjs';

const [server, screenshots, stocked] = process.argv.slice(2);
const TOO_MANY = {
  contentType: 'application/json',
  body: '{"data": {"ImplantRecall": {"totals": null}}, "errors": [{"message": "x", "extensions": {"code": "too-costly"}}]}',
};
const tablet = { width: 1024, height: 768 };

const found = await visits(server, screenshots, {
  recall: { path: '/', steps: recall },
  scan: { path: '/some/prefix/', steps: scan, colorScheme: 'dark', locale: 'fr-FR', viewport: tablet },
  patient: { path: '/#/recall?q=RPG23029001', steps: records, viewport: tablet },
  versions: { path: '/#/procedure/dmi-procedure-example', steps: versions, colorScheme: 'dark', locale: 'fr-FR' },
  stocked: { path: `/#/device/${stocked}`, steps: device },
  absent: { path: '/#/patient/nobody', steps: absent },
  overview: { path: '/#/overview', steps: overview },
  intake: { path: '/#/intake', steps: intake, locale: 'fr-FR' },
  intakeDark: { path: '/#/intake', steps: brokenText, colorScheme: 'dark', viewport: tablet },
  playground: { path: '/#/playground', steps: playground },
});
console.log(JSON.stringify(found));

/** A lot is typed; its patients, its table, and what is there when there is nothing. */
async function recall(page) {
  const seen = { title: await page.title(), language: await page.getAttribute('html', 'lang'), start: await faults(page) };
  await search(page, 'rpg23029001');
  await page.locator('[data-total=patients] dd').waitFor();
  seen.totals = await totals(page);
  seen.order = await shownPatients(page);
  seen.meaning = await page.locator('.choice').innerText();
  seen.bars = await page.locator('.chart svg rect.bar').count();
  seen.answer = await faults(page);

  await page.getByRole('button', { name: /^Date/ }).click();
  await page.locator('th[aria-sort=ascending]').waitFor();
  await settled(page);
  seen.turned = await shownPatients(page);

  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download as CSV' }).click();
  const file = await download;
  seen.file = { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') };

  await page.reload();
  await page.locator('[data-total=patients] dd').waitFor();
  seen.reloaded = await totals(page);

  await search(page, 'no-such-lot');
  await page.getByRole('heading', { name: 'Nothing was found' }).waitFor();
  seen.nothing = await faults(page);

  await search(page, 'a');
  await page.getByRole('radio', { name: 'Manufacturer' }).click();
  await page.getByRole('navigation', { name: 'Who carries it' }).getByRole('button', { name: 'Next page' }).click();
  await page.getByText('Page 2').waitFor();
  await settled(page);
  seen.secondPage = (await shownPatients(page)).length;
  await page.getByRole('button', { name: 'Previous page' }).click();
  await page.getByText('Page 1').waitFor();

  await page.route('**/graphql', (route) =>
    route.request().postData().includes('query RecallTotals') ? route.fulfill(TOO_MANY) : route.continue(),
  );
  await search(page, 'RPG23029001');
  seen.tooMany = await page.getByText('they are not counted').innerText();
  await page.locator('td[data-patient]').first().waitFor();
  seen.listBesideTooMany = await page.locator('td[data-patient]').count();
  await page.unroute('**/graphql');

  await page.route('**/graphql', (route) =>
    route.fulfill({ status: 401, contentType: 'application/json', body: '{"errors": [{"message": "x", "extensions": {"code": "login"}}]}' }),
  );
  await search(page, 'KUG23036001');
  await page.getByRole('alert').getByRole('button', { name: 'Access token' }).click();
  seen.dialog = await faults(page);
  await page.getByRole('textbox', { name: 'Access token' }).fill('Bearer a.b.c');
  await page.unroute('**/graphql');
  const asked = page.waitForRequest('**/graphql');
  await page.getByRole('button', { name: 'Use it' }).click();
  seen.authorization = await (await asked).headerValue('authorization');
  await page.locator('[data-total=patients] dd').waitFor();
  seen.address = page.url();
  return seen;
}

/** A code is scanned in French, behind a reverse proxy: the scanner types its separator as Ctrl+]. */
async function scan(page) {
  const field = page.getByRole('searchbox');
  await field.pressSequentially('010299000000036110KUG23036001');
  await field.press('Control+]');
  await field.pressSequentially('17270629');
  await field.press('Enter');
  await page.locator('[data-total=patients] dd').waitFor();
  const seen = { totals: await totals(page), faults: await faults(page) };
  await field.pressSequentially('RPG23029001');
  await field.press('Enter');
  await page.getByText('Lu comme Lot').waitFor();
  seen.scannedNext = await field.inputValue();
  await page.goBack();
  await page.locator('.scanned').waitFor();
  await page.locator('[data-total=patients] dd').waitFor();
  return {
    ...seen,
    language: await page.getAttribute('html', 'lang'),
    said: await page.locator('.scanned').innerText(),
    meanings: await page.locator('.choice label').allInnerTexts(),
    width: await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
  };
}

/** From the recall to a patient, to a device, to the procedure, by their links. */
async function records(page) {
  await page.locator('td[data-patient] a').first().click();
  await page.locator('.time article').first().waitFor();
  const seen = { patient: await view(page) };
  await page.screenshot({ path: join(screenshots, 'page-time-line.png'), fullPage: true });
  await page.locator('.time article h4 a').first().click();
  await page.getByRole('heading', { name: 'In whom it is' }).waitFor();
  seen.device = await view(page);
  await page.screenshot({ path: join(screenshots, 'page-device.png'), fullPage: true });
  await page.getByRole('link', { name: 'Open' }).first().click();
  await page.locator('table.versions').waitFor();
  seen.procedure = await view(page);
  await page.getByText('The stored JSON').click();
  seen.raw = JSON.parse(await page.locator('pre').innerText());
  return seen;
}

/** What changed between two versions, first the latest two and then others. */
async function versions(page) {
  await page.locator('table.changes').waitFor();
  const seen = { faults: await faults(page), latest: await page.locator('table.changes tbody tr').allInnerTexts() };
  await page.getByRole('radio', { name: 'Avant: Version 1' }).click();
  await page.getByRole('heading', { name: 'de la version 1 à la version 3' }).waitFor();
  await settled(page);
  seen.all = await page.locator('table.changes tbody tr').allInnerTexts();
  return seen;
}

/** The figures of all time, then those of a period. */
async function overview(page) {
  await page.locator('[data-total=procedures] dd').waitFor();
  const seen = { totals: await totals(page), faults: await faults(page), text: await page.locator('main').innerText() };
  await page.getByLabel('Procedures from').fill('2025-01-01');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.waitForFunction(() => location.hash.includes('from=2025-01-01'));
  await settled(page);
  await page.waitForFunction((before) => document.querySelector('[data-total=procedures] dd').innerText !== before, seen.totals.procedures);
  seen.period = await totals(page);
  seen.expiring = await page.locator('section[aria-labelledby=expiring] tbody tr').allInnerTexts();
  return seen;
}

/** A procedure with a wrong status is pasted, mended, and sent twice by a client whose first answer got lost. */
async function intake(page) {
  const { resource } = JSON.parse(await readFile(new URL('../../graphql/operations/04-procedure-create.variables.json', import.meta.url), 'utf8'));
  const whole = JSON.stringify({ ...resource, identifier: [{ ...resource.identifier[0], value: 'from-the-page' }] }, null, 2);
  const wrong = whole.replace('"completed"', '"nonsense"');
  const field = page.getByLabel('JSON d’une intervention');
  const seen = { empty: await faults(page), wrongLine: 1 + wrong.split('\n').findIndex((line) => line.includes('nonsense')) };

  await field.fill(wrong);
  await page.getByRole('button', { name: 'Contrôler' }).click();
  await page.getByText('Elle serait refusée').waitFor();
  seen.findings = await page.locator('.findings li').allInnerTexts();
  seen.marked = await page.locator('.numbered mark').allInnerTexts();
  seen.refused = await faults(page);
  await page.screenshot({ path: join(screenshots, 'page-refused.png'), fullPage: true });
  await page.getByRole('button', { name: `Ligne ${seen.wrongLine}` }).click();
  seen.selected = await field.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd));
  seen.sendable = await page.getByRole('button', { name: 'L’envoyer' }).count();

  await field.fill(whole);
  seen.afterChange = await page.locator('.findings li').count();
  await page.getByRole('button', { name: 'Contrôler' }).click();
  const send = page.getByRole('button', { name: 'L’envoyer' });
  await send.waitFor();
  seen.verdict = await page.locator('.verdict').innerText();
  seen.findingsOfNone = await page.locator('.findings li').count();
  await page.route('**/graphql', async (route) => {
    await route.fetch();
    await route.abort();
  });
  await send.click();
  await page.getByRole('alert').waitFor();
  await page.unroute('**/graphql');
  await page.getByRole('button', { name: 'Réessayer' }).click();
  seen.stored = await page.locator('.verdict a').innerText();
  return seen;
}

async function brokenText(page) {
  await page.getByLabel('JSON of a procedure').fill('{\n  "resourceType": "Procedure",\n  "status": completed\n}');
  await page.getByRole('button', { name: 'Check' }).click();
  await page.getByText('It would be refused').waitFor();
  return { findings: await page.locator('.findings li').allInnerTexts(), faults: await faults(page) };
}

async function device(page) {
  await page.getByRole('heading', { name: 'Where it is' }).waitFor();
  return view(page);
}

async function absent(page) {
  await page.getByText('There is no record nobody').waitFor();
  return view(page);
}

async function view(page) {
  return { title: await page.title(), text: await page.locator('main').innerText(), faults: await faults(page) };
}

/** GraphiQL in our frame: the frame is ours to answer for, its inside is not. */
async function playground(page) {
  await page.getByRole('tab').first().waitFor();
  return { faults: await faults(page, '.graphiql-container') };
}

async function search(page, text) {
  await page.getByRole('searchbox').fill(text);
  await page.getByRole('searchbox').press('Enter');
}

/** The ids of the patients in the table, from top to bottom. */
function shownPatients(page) {
  return page.locator('td[data-patient]').evaluateAll((cells) => cells.map((cell) => cell.dataset.patient));
}

async function totals(page) {
  await page.waitForFunction(() => ![...document.querySelectorAll('.totals dd')].some(({ innerText }) => innerText === '…'));
  const shown = await page.locator('.totals > div').evaluateAll((each) => each.map((one) => [one.dataset.total, one.querySelector('dd').innerText]));
  return Object.fromEntries(shown);
}
