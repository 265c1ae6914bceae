// Uses the page of a running server while procedures are stored, in Chromium, and prints what a person would see without
// loading anything again, as one line of JSON.
//
//   node live.mjs http://127.0.0.1:8000 DIRECTORY_FOR_SCREENSHOTS PROCEDURE_OF_LOT_RPG23029001
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { faults } from './axe.mjs';
import { visits } from './browser.mjs';
import { editorText, switchTo } from './graphiql.mjs';

const [server, screenshots, carrying] = process.argv.slice(2);
const { origin } = new URL(server);
const { resource } = JSON.parse(await readFile(new URL('../../graphql/operations/04-procedure-create.variables.json', import.meta.url), 'utf8'));

const found = await visits(server, screenshots, {
  live: { path: '/#/intake', steps: told },
  liveInterrupted: { path: '/#/intake', steps: interrupted, colorScheme: 'dark', locale: 'fr-FR' },
  liveRefused: { path: '/#/intake', steps: refused },
  livePlayground: { path: '/#/playground', steps: subscribed },
});
console.log(JSON.stringify(found));

/** A procedure that is created appears, and so do its figures; one that is deleted is said to be. */
async function told(page) {
  await overview(page);
  await page.getByText('Live: ').waitFor();
  const before = await page.locator('[data-total=procedures] dd').innerText();
  const created = await create('live-told');
  const row = page.locator(`tr[data-procedure="${created}"]`);
  await row.getByText('created').waitFor();
  const seen = { created: await row.innerText(), first: await page.locator('tr[data-procedure]').first().getAttribute('data-procedure') };
  await page.waitForFunction((shown) => document.querySelector('[data-total=procedures] dd').innerText !== shown, before);
  seen.counted = Number(await page.locator('[data-total=procedures] dd').innerText()) - Number(before);
  seen.faults = await faults(page);
  await page.screenshot({ path: join(screenshots, 'page-live-created.png'), fullPage: true });
  await ask('mutation ($id: ID!) { ProcedureDelete(id: $id) { information { issue { code } } } }', { id: created });
  await row.getByText('deleted').waitFor();
  return { ...seen, id: created };
}

/** The socket breaks, a procedure is created meanwhile, and another socket goes on behind the last cursor. */
async function interrupted(page) {
  const subscribed = [];
  const sockets = [];
  let broken = false;
  await page.routeWebSocket(/\/graphql$/, (socket) => {
    if (broken) return socket.close({ code: 1013 });
    const behind = socket.connectToServer();
    sockets.push(socket);
    socket.onMessage((message) => {
      const { type, payload } = JSON.parse(message);
      if (type === 'subscribe') subscribed.push(payload.variables.cursor);
      behind.send(message);
    });
  });
  await overview(page);
  await page.getByText('En direct : ').waitFor();
  const first = await create('live-before');
  await page.locator(`tr[data-procedure="${first}"]`).waitFor();
  broken = true;
  await sockets[0].close({ code: 1013 });
  const state = await page.getByText('Pas en direct').innerText();
  const missed = await create('live-meanwhile');
  await page.route('**/graphql', (route) => route.abort()); // what is not told is not asked for either
  broken = false;
  await page.locator(`tr[data-procedure="${missed}"]`).getByText('création').waitFor();
  await page.unroute('**/graphql');
  return { state, subscribed, after: await page.locator('.live').innerText(), faults: await faults(page) };
}

/** No socket comes through: the page says so, and asks once a minute. */
async function refused(page) {
  await page.clock.install();
  await page.routeWebSocket(/\/graphql$/, (socket) => socket.close({ code: 1011 }));
  await overview(page);
  const seen = page.getByText('Not live');
  while (!(await seen.isVisible())) await page.clock.fastForward(2_000);
  const state = await seen.innerText();
  const created = await create('live-refused');
  await page.clock.fastForward(61_000);
  await page.locator(`tr[data-procedure="${created}"]`).waitFor();
  return { state };
}

/** The published subscription, in the playground: its tab is opened as soon as it can be. */
async function subscribed(page) {
  const { operations } = await (await page.request.get(`${origin}/page.json`)).json();
  await switchTo(page, operations.findIndex(({ query }) => query.includes('\nsubscription ')));
  await editorText(page, 'Variables');
  await page.getByRole('button', { name: /^Execute query/ }).click();
  await page.getByRole('button', { name: /^Stop query/ }).waitFor();
  const patch = [{ op: 'add', path: '/note', value: [{ text: 'seen' }] }];
  const response = page.locator('.graphiql-response');
  // It may take a moment until the server listens.
  for (let version = 1; !(await response.getByText('"ProcedureChanged"').count()); version += 1) {
    patch[0].value[0].text = `seen ${version}`;
    await ask('mutation ($id: ID!, $patch: FHIR!) { ProcedurePatch(id: $id, patch: $patch) { location } }', { id: carrying, patch });
    await page.waitForTimeout(500);
  }
  const event = await response.innerText();
  await page.getByRole('button', { name: /^Stop query/ }).click();
  await page.getByRole('button', { name: /^Execute query/ }).waitFor();
  return { event };
}

/** Goes to the overview when all is in place: a view that is not loaded has not asked yet. */
async function overview(page) {
  await page.getByRole('link', { name: /^(Overview|Vue)/ }).click();
  await page.locator('[data-total=stockExpiring] dd').waitFor();
  await page.locator('tr[data-procedure]').first().waitFor();
}

async function create(number) {
  const identifier = [{ ...resource.identifier[0], value: number }];
  const mutation = 'mutation ($resource: FHIR!) { ProcedureCreate(resource: $resource) { resource { id } } }';
  return (await ask(mutation, { resource: { ...resource, identifier } })).ProcedureCreate.resource.id;
}

async function ask(query, variables) {
  const body = JSON.stringify({ query, variables });
  const response = await fetch(`${origin}/graphql`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].message);
  return data;
}
