// Opens the playground of a running server in Chromium and prints, as one line of JSON, what a person would find there.
//
//   node page.mjs http://127.0.0.1:8000 DIRECTORY_FOR_SCREENSHOTS
import { join } from 'node:path';
import { visits } from './browser.mjs';
import { editorText, stored, switchTo } from './graphiql.mjs';

const [server, screenshots] = process.argv.slice(2);
const { origin } = new URL(server);

const found = await visits(server, screenshots, {
  light: { path: '/#/playground', steps: explore },
  dark: { path: '/graphql', colorScheme: 'dark', steps: run },
  prefixed: { path: '/some/prefix/#/playground', steps: run },
});
console.log(JSON.stringify(found));

/** Runs the query that the page opens with. */
async function run(page) {
  const query = await editorText(page, 'Operation Editor');
  await page.getByRole('button', { name: /^Execute query/ }).click();
  const response = page.locator('.graphiql-response');
  await response.getByText('"data"').first().waitFor();
  return {
    title: await page.title(),
    query,
    response: JSON.parse(await modelText(page, 'response')),
    background: await page.evaluate(() => getComputedStyle(document.querySelector('.graphiql-container')).backgroundColor),
  };
}

/** Goes through what the page offers: tabs, variables, a reload, the examples and the explorer. */
async function explore(page) {
  const { operations } = await (await page.request.get(`${origin}/page.json`)).json();
  const tabs = page.getByRole('tab');
  const indexOf = (name) => operations.findIndex((operation) => operation.name === name);
  await tabs.first().waitFor();
  const found = { ...(await run(page)), titles: await tabs.allInnerTexts() };
  await page.screenshot({ path: join(screenshots, 'page-first-visit.png') });

  await page.reload();
  await editorText(page, 'Operation Editor');
  found.titlesAfterReload = await tabs.allInnerTexts();

  await switchTo(page, indexOf('procedure-create'));
  await editorText(page, 'Variables');
  found.variables = await modelText(page, 'variables');
  found.variablesEditor = await page.getByRole('region', { name: 'Variables' }).boundingBox();
  await page.screenshot({ path: join(screenshots, 'page-variables.png') });
  await switchTo(page, indexOf('procedure-validate'));
  found.verdict = (await run(page)).response;
  found.complaints = await page.evaluate(() => globalThis.__MONACO.editor.getModelMarkers({}).map(({ message }) => message));
  await page.screenshot({ path: join(screenshots, 'page-verdict.png') });
  found.titlesAfterUse = await tabs.allInnerTexts();

  await page.getByRole('region', { name: 'Operation Editor' }).locator('.view-lines').click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.insertText('# edited\n');
  await stored(page, indexOf('procedure-validate'), '# edited');
  await page.reload();
  found.editedQuery = await editorText(page, 'Operation Editor');
  found.editedVariables = await modelText(page, 'variables');
  found.tabsAfterEdit = await tabs.count();

  await page.getByRole('button', { name: 'Show Examples' }).click();
  const example = page.getByRole('region', { name: 'Examples' }).getByRole('button');
  found.examples = await example.count();
  const last = operations.length - 1;
  await example.last().click();
  await stored(page, last);
  found.tabsWithOpenExample = await tabs.count();
  await page.getByRole('button', { name: 'Close Tab' }).last().click();
  await stored(page, last - 1);
  found.tabsAfterClosing = await tabs.count();
  await example.last().click();
  await stored(page, last);
  found.titlesWithReopened = await tabs.allInnerTexts();
  await switchTo(page, 0);
  found.digits = await answerDecimal(page);
  await page.screenshot({ path: join(screenshots, 'page-examples.png') });

  await page.getByRole('button', { name: 'Show GraphiQL Explorer' }).click();
  await page.locator('.graphiql-explorer-root').waitFor();
  found.explorer = await page.locator('.graphiql-explorer-root').innerText();
  return found;
}

/** What the page makes of a decimal in a response. */
async function answerDecimal(page) {
  const answer = (route) => route.fulfill({ contentType: 'application/json', body: '{"data": {"value": 1.50}}' });
  await page.route('**/graphql', answer);
  await page.getByRole('button', { name: /^Execute query/ }).click();
  await page.locator('.graphiql-response').getByText('"value"').waitFor();
  await page.unroute('**/graphql', answer);
  return modelText(page, 'response');
}

/** The whole text of the operation, variables or response editor, also what is scrolled out of sight. */
async function modelText(page, name) {
  const text = await page.waitForFunction((part) => {
    const model = globalThis.__MONACO?.editor.getModels().find(({ uri }) => uri.path.includes(part));
    return model && { text: model.getValue() };
  }, name);
  return (await text.jsonValue()).text;
}
