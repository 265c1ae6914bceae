// What tests do in GraphiQL, and for what they have to wait there.

/** Opens a tab, the first being 0, once GraphiQL is ready for that. */
export async function switchTo(page, index) {
  await page.getByRole('tab').nth(index).click();
  await stored(page, index);
}

/** Waits until the browser's storage holds this tab as the active one; GraphiQL writes half a second late. */
export function stored(page, index, start = '') {
  return page.waitForFunction(
    (wanted) => {
      const entry = Object.entries(localStorage).find(([key]) => key.endsWith('graphiql:tabState'));
      const { activeTabIndex, tabs } = JSON.parse(entry?.[1] ?? '{}');
      return activeTabIndex === wanted.index && tabs[wanted.index].query?.startsWith(wanted.start);
    },
    { index, start },
  );
}

/** The text of an editor that is in sight, once there is any. */
export async function editorText(page, label) {
  const lines = page.getByRole('region', { name: label }).locator('.view-lines').first();
  await lines.waitFor();
  await page.waitForFunction((element) => element.innerText.trim() !== '', await lines.elementHandle());
  return (await lines.innerText()).replaceAll('\u00a0', ' ');
}
